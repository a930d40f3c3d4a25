import assert from "node:assert/strict";
import { test } from "node:test";
import { logPlace } from "./log-place.ts";

const systemd = "0::/system.slice/skein.service\n";

test("a file, the journal, or why it cannot be read", () => {
  assert.deepEqual(logPlace("/var/log/skein.log", ""), { kind: "file", path: "/var/log/skein.log" });
  assert.deepEqual(logPlace("socket:[123]", systemd), {
    kind: "journal",
    unit: "skein.service",
    option: "--unit",
  });
  const ofUser = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/skein.service\n";
  assert.deepEqual(logPlace("socket:[123]", ofUser), {
    kind: "journal",
    unit: "skein.service",
    option: "--user-unit",
  });
  for (const [target, why] of [
    ["/dev/pts/3", /terminal \/dev\/pts\/3.*skein\.log/],
    ["/dev/null", /\/dev\/null/],
    ["/tmp/x (deleted)", /\/tmp\/x was removed/],
    ["pipe:[9]", /another program \(pipe/],
  ] as const) {
    const place = logPlace(target, systemd);
    assert.match(place.kind === "elsewhere" ? place.why : "", why);
  }
});
