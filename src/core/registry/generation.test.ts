import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Claim, judgeClaim } from "./generation.ts";
import { newWorker } from "./create.ts";
import { connectGate, registration, TestWorker } from "./testing-worker.ts";
import type { Worker } from "./worker.ts";

const known = { ...TestWorker.session().worker, registration: { ...registration, generation: 5 } };
const gone: Worker = { ...known, left: true, state: { kind: "left" } };
const dead: Worker = { ...known, dead: true, state: { kind: "dead" } };
const unheld: Worker = { ...known, session: "silent" };
const heldThere: Worker = { ...known, session: "lost", peers: ["b"] };
const here = registration.address;
const there = "127.0.0.1:9999";

type Row = [name: string, known: Worker | undefined, claim: Claim, verdict: string];
const claim = (address: string, generation?: number, instance?: string, begunAtMs?: number): Claim => ({
  address,
  generation,
  begunAtMs,
  instance,
});

const byPeer = (address: string, peer: string): Claim => ({
  ...claim(address, 5, undefined, 900),
  byPeer: peer,
});

const rows: Row[] = [
  ["nobody known: the next generation", undefined, claim(here), "new-life 6"],
  ["nobody known: the generation that another controller gave", undefined, claim(here, 7, "x"), "new-life 7"],
  ["an older generation", known, claim(here, 4), "older-generation"],
  ["an older generation of somebody forgotten", undefined, claim(here, 4), "older-generation"],
  ["the same life at another controller", known, claim(here, 5, "x"), "same-life 5"],
  ["the same generation from another address", known, claim(there, 5), "address-taken"],
  ["a generation behind which none is left", known, claim(there, Number.MAX_SAFE_INTEGER), "address-taken"],
  ["the same, nobody known", undefined, claim(here, Number.MAX_SAFE_INTEGER, "x"), "new-life 6"],
  ["a newer generation", known, claim(there, 6), "new-life 6"],
  ["a plain heartbeat of the same address", known, claim(here), "same-life 5"],
  ["a plain heartbeat from elsewhere while the first lives", known, claim(there), "address-taken"],
  ["a plain heartbeat from elsewhere after the first died", dead, claim(there), "new-life 6"],
  ["a first hello of another process", known, claim(there, undefined, "other"), "new-life 6"],
  ["a first hello again of the same process", known, claim(here, undefined, "me"), "same-life 5"],
  ["a later life that was numbered without memory", known, claim(here, 1, "x", 901), "new-life 6"],
  ["a later life with the same number", known, claim(there, 5, "x", 901), "new-life 6"],
  ["a later life with a higher number", known, claim(there, 8, "x", 901), "new-life 8"],
  ["a later life, the earlier forgotten", undefined, claim(here, 1, "x", 901), "new-life 6"],
  ["an earlier life, whatever its number", known, claim(here, 9, "x", 899), "older-generation"],
  ["an earlier life, the later forgotten", undefined, claim(here, 9, "x", 899), "older-generation"],
  ["the same life under its first number", known, claim(here, 1, "x", 900), "same-life 5"],
  ["the same life under a higher number", known, claim(here, 9, "x", 900), "same-life 9"],
  ["the same instance under a higher number", known, claim(here, 9, "me"), "same-life 9"],
  [
    "the same life from elsewhere while its session here stands",
    known,
    claim(there, 5, "x", 900),
    "address-taken",
  ],
  [
    "the same life from elsewhere while a peer holds it",
    heldThere,
    claim(there, 5, "me", 900),
    "address-taken",
  ],
  ["the same life from elsewhere, held by nobody", unheld, claim(there, 5, "x", 900), "new-life 5"],
  ["the same number from elsewhere, held by nobody", unheld, claim(there, 5, "x"), "address-taken"],
  ["a peer holds it by another address than ours", known, byPeer(there, "b"), "same-life 5"],
  ["a peer holds it by another address than other peers", heldThere, byPeer(there, "c"), "same-life 5"],
  ["the peer that alone holds it says another address", heldThere, byPeer(there, "b"), "new-life 5"],
  ["a peer holds it by another address, and nobody else does", unheld, byPeer(there, "c"), "new-life 5"],
  ["who left comes back", gone, claim(here, 5, "me"), "new-life 5"],
];

for (const [name, worker, asked, expected] of rows) {
  test(name, () => {
    const verdict = judgeClaim(worker, { generation: 5, begunAtMs: 900 }, "me", asked);
    assert.equal(
      verdict.kind === "refused" ? verdict.why : `${verdict.kind} ${verdict.generation}`,
      expected,
    );
  });
}

test("whatever is claimed in whatever order, the generation never shrinks", () => {
  const claims = fc.record({
    address: fc.constantFrom(here, there),
    generation: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
    instance: fc.option(fc.constantFrom("a", "b"), { nil: undefined }),
    begunAtMs: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
    leaves: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(claims, { maxLength: 40 }), (sequence) => {
      let worker: Worker | undefined;
      let instance: string | undefined;
      let highest = 0;
      let begunAtMs: number | undefined;
      for (const { leaves, ...asked } of sequence) {
        const verdict = judgeClaim(worker, { generation: highest, begunAtMs }, instance, asked);
        if (verdict.kind === "refused") continue;
        assert.ok(verdict.generation >= highest);
        highest = verdict.generation;
        begunAtMs = asked.begunAtMs ?? begunAtMs;
        instance = asked.instance;
        const life = { ...registration, address: asked.address, generation: highest };
        worker = newWorker(life, "joined", connectGate, 0, undefined);
        if (leaves) worker = { ...worker, left: true };
      }
    }),
  );
});
