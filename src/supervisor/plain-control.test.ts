import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { placesIn } from "../runtime/places.ts";
import { refusePlainControl } from "./plain-control.ts";

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
