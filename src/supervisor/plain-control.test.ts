import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { placesIn } from "../runtime/places.ts";
import { controlGetsTls, refusePlainControl, refuseWithdrawnConsent } from "./plain-control.ts";

test("beyond loopback there is TLS, or somebody has asked for plain text by its name", (t) => {
  const state = mkdtempSync(join(tmpdir(), "skein-plain-"));
  t.after(() => rmSync(state, { recursive: true }));
  const places = placesIn(state);
  const warned: string[] = [];
  const logger = { warn: (_: object, message: string) => void warned.push(message) };
  const judge = (host: string, more: { insecurePlainControl?: true } = {}): void =>
    refusePlainControl({ control: { host, port: 7600 }, ...more }, places, logger);
  for (const host of ["127.0.0.1", "127.0.0.2", "::1", "localhost"]) judge(host);
  for (const host of ["0.0.0.0", "::", "10.0.0.5", "gateway.example"]) {
    assert.throws(() => judge(host), /control-in-clear/, host);
  }
  assert.deepEqual(warned, []);
  judge("0.0.0.0", { insecurePlainControl: true });
  assert.match(warned.join(), /^INSECURE/);
  mkdirSync(join(state, "tls"));
  writeFileSync(places.tls.cert, "");
  judge("10.0.0.5");
});

test("without consent there is TLS beyond loopback even where no certificate is; with it, as soon as one is", (t) => {
  const state = mkdtempSync(join(tmpdir(), "skein-plain-"));
  t.after(() => rmSync(state, { recursive: true }));
  const places = placesIn(state);
  const judge = (host: string, more: { insecurePlainControl?: true } = {}): boolean =>
    controlGetsTls({ control: { host, port: 7600 }, ...more }, places);
  const consent = { insecurePlainControl: true } as const;
  assert.deepEqual([judge("10.0.0.5"), judge("10.0.0.5", consent)], [true, false]);
  mkdirSync(join(state, "tls"));
  writeFileSync(places.tls.cert, "");
  assert.deepEqual([judge("10.0.0.5"), judge("10.0.0.5", consent)], [true, true]);
  assert.deepEqual([judge("127.0.0.1"), judge("127.0.0.1", consent)], [false, false]);
});

test("consent is not taken back while plain text is spoken", () => {
  const control = { host: "0.0.0.0", port: 7600 };
  assert.throws(() => refuseWithdrawnConsent({ control }, false), /insecurePlainControl.*stop the gateway/);
  refuseWithdrawnConsent({ control, insecurePlainControl: true }, false);
  refuseWithdrawnConsent({ control }, true);
  refuseWithdrawnConsent({ control: { host: "127.0.0.1", port: 7600 } }, false);
});
