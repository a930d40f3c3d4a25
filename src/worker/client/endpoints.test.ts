import assert from "node:assert/strict";
import { test } from "node:test";
import { collectGarbage } from "../../proxy/testing/testing-garbage.ts";
import { testingClock } from "../testing-clock.ts";
import { Endpoint } from "./endpoint.ts";
import { Endpoints } from "./endpoints.ts";

const endpointAt = (port: number): Endpoint =>
  new Endpoint({ host: "127.0.0.1", port, secure: false }, { kind: "worker", tls: {} });

function comesAndGoes(endpoints: Endpoints): WeakRef<Endpoint> {
  const endpoint = endpointAt(1);
  endpoints.replace([endpoint]);
  endpoints.replace([]);
  return new WeakRef(endpoint);
}

test("a client that makes no calls forgets a worker that has left", async () => {
  const endpoints = new Endpoints(testingClock(), () => 0.5);
  const held = comesAndGoes(endpoints);
  for (let times = 0; times < 20 && held.deref() !== undefined; times += 1) await collectGarbage();
  assert.equal(held.deref(), undefined);
  assert.deepEqual(endpoints.list, []);
});

test("a change of one among many workers looks at each of them a few times, not at each pair", () => {
  const endpoints = new Endpoints(testingClock(), () => 0.5);
  const all = Array.from({ length: 1_000 }, (_, index) => endpointAt(index + 1));
  endpoints.replace(all);
  let looks = 0;
  const next = new Proxy(all.slice(1), {
    get(list, name) {
      looks += 1;
      return Reflect.get(list, name) as unknown;
    },
  });
  endpoints.replace(next);
  assert.ok(looks < 10 * all.length, `${looks} looks`);
});
