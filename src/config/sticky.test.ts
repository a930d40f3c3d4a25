import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceConfig } from "./config.ts";
import { keyText } from "./issues.ts";
import { resolveConfiguration } from "./resolve.ts";
import { testSurroundings } from "./testing-surroundings.ts";

const usual = "; Path=/; HttpOnly; SameSite=Lax";

const cases: [ServiceConfig["sticky"], object | string | undefined][] = [
  [undefined, undefined],
  [false, undefined],
  [true, { cookie: "skein-web", attributes: usual }],
  [{ cookie: "route" }, { cookie: "route", attributes: usual }],
  [{ maxAge: "1h" }, { cookie: "skein-web", attributes: `${usual}; Max-Age=3600` }],
  [{ path: "/shop" }, { cookie: "skein-web", attributes: "; Path=/shop; HttpOnly; SameSite=Lax" }],
  [
    { keyFile: "sticky.key" },
    {
      cookie: "skein-web",
      attributes: usual,
      keyFile: { file: "/conf/sticky.key", digest: "digest of /conf/sticky.key" },
    },
  ],
  [{ cookie: "a b" }, 'services.web.sticky.cookie: "a b" is no name of a cookie'],
  [{ path: "shop" }, "services.web.sticky.path"],
  [{ path: "/a;b" }, "services.web.sticky.path"],
  [{ maxAge: "0s" }, "services.web.sticky.maxAge"],
  [{ maxAge: "500d" }, "services.web.sticky.maxAge"],
  [{ keyFile: "bad.key" }, "services.web.sticky.keyFile: /conf/bad.key is bad"],
  [{ keyfile: "x" } as object, 'did you mean "keyFile"?'],
];

for (const [sticky, expected] of cases) {
  test(`sticky: ${JSON.stringify(sticky)}`, () => {
    const found = resolveConfiguration({ services: { web: { sticky } } }, testSurroundings);
    if (typeof expected === "string") {
      const issues = found.ok ? [] : found.issues.map(({ path, message }) => `${keyText(path)}: ${message}`);
      assert.ok(
        issues.some((issue) => issue.includes(expected)),
        JSON.stringify(found),
      );
      return;
    }
    assert.ok(found.ok, JSON.stringify(found));
    assert.deepEqual(found.configuration.traffic.services["web"]?.sticky, expected);
  });
}

test("a key that others may read is warned of", () => {
  const written = { services: { web: { sticky: { keyFile: "open.key" } } } };
  const found = resolveConfiguration(written, testSurroundings);
  assert.ok(found.ok && found.warnings.some(({ message }) => message.includes("may read /conf/open.key")));
});
