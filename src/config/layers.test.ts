import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeLayers } from "./layers.ts";

test("the command line wins over SKEIN_*, and this over the file", () => {
  const file = { listen: ":1", control: ":2", state: "three", routes: { "/": "web" } };
  const environment = { SKEIN_CONTROL: ":20", SKEIN_STATE: "thirty", SKEIN_PROXIES: "4", SKEIN_STORE: "" };
  const { merged, origins } = mergeLayers(file, environment, { state: "flag", accessLog: "true" });
  assert.deepEqual(merged, {
    listen: ":1",
    control: ":20",
    state: "flag",
    routes: { "/": "web" },
    proxies: 4,
    accessLog: true,
  });
  assert.deepEqual(origins, {
    listen: "file",
    control: "SKEIN_CONTROL",
    state: "--state",
    proxies: "SKEIN_PROXIES",
    accessLog: "--access-log",
  });
});

test("lists in variables are separated by commas; what is no number stays a text", () => {
  const { merged } = mergeLayers(
    {},
    { SKEIN_LISTEN: ":1, :2", SKEIN_CONTROLLERS: "two", SKEIN_ACCESS_LOG: "stdout" },
    {},
  );
  assert.deepEqual(merged, { listen: [":1", ":2"], controllers: "two", accessLog: "stdout" });
});

test("a file that is no object is left as it is", () => {
  assert.equal(mergeLayers("text", { SKEIN_STATE: "x" }, {}).merged, "text");
});
