import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { placesIn } from "../runtime/places.ts";
import { ClusterCertificates } from "./cluster-certificates.ts";
import { dayMs, putClusterTls } from "./testing-certificates.ts";

const begin = Date.parse("2026-01-01T00:00:00Z");

/** What is told day by day of certificates that are looked at each hour. */
class Scene {
  readonly places;
  day = 0;
  readonly told: [day: number, words: string][] = [];
  readonly #certificates: ClusterCertificates;

  constructor(t: TestContext, days: number, startsAtDay = 0) {
    const state = mkdtempSync(join(tmpdir(), "skein-tls-"));
    t.after(() => rmSync(state, { recursive: true }));
    this.places = placesIn(state);
    this.day = startsAtDay;
    putClusterTls(this.places, begin, days);
    const wallTime = (): string => new Date(begin + this.day * dayMs).toISOString();
    const clock = { now: () => this.day * dayMs, wallTime };
    const warn = (_: object, message: string): void => void this.told.push([Math.floor(this.day), message]);
    this.#certificates = new ClusterCertificates(this.places, clock, { warn });
  }

  pass(days: number): boolean {
    let renewed = false;
    for (let hours = 0; hours < days * 24; hours += 1) {
      this.day += 1 / 24;
      renewed = this.#certificates.renew() || renewed;
    }
    return renewed;
  }

  get untilDay(): number {
    return (this.#certificates.shown.notAfter - begin) / dayMs;
  }
}

test("in the last fourteen days it is told each day that the certificate ends, and then that it has", (t) => {
  const scene = new Scene(t, 90);
  scene.pass(75);
  assert.equal(scene.told.length, 0);
  scene.pass(17);
  assert.deepEqual(
    scene.told.map(([day]) => day),
    [76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91],
  );
  const words = [scene.told[0], scene.told.at(-1)].map((each) => each?.[1] ?? "");
  assert.match(words[0]!, /control\.pem is valid until Apr {2}1 .* only: .*skein ca issue/);
  assert.match(words[1]!, /control\.pem has expired \(Apr {2}1 .*skein ca issue/);
});

test("one that has ended is told of at the start, and one that takes its place no more", (t) => {
  const scene = new Scene(t, 90, 100);
  assert.match(scene.told.map(([, words]) => words).join(), /has expired/);
  putClusterTls(scene.places, begin + 100 * dayMs, 90);
  assert.equal(scene.pass(20), true);
  assert.deepEqual([scene.told.length, Math.round(scene.untilDay)], [1, 190]);
});

test("of one for a short time the last third is near its end", (t) => {
  const scene = new Scene(t, 6);
  scene.pass(3.9);
  assert.equal(scene.told.length, 0);
  scene.pass(1);
  assert.equal(scene.told.length, 1);
});
