import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { ControlServer } from "../../control/server.ts";
import { TestPorts, testToken } from "../../control/testing-ports.ts";
import { demoHeader, type DemoReply } from "../../protocol/demo.ts";
import { SkeinError } from "../../protocol/error.ts";
import { systemClock } from "../../runtime/clock.ts";
import { Front } from "./front.ts";

const json = { "content-type": "application/json" };
const operator = { ...json, authorization: `Bearer ${testToken}` };

interface Place {
  front: string;
  control: string;
  done: string[];
}

async function open(t: TestContext): Promise<Place> {
  const ports = new TestPorts();
  const server = new ControlServer({
    ports,
    clock: systemClock,
    acceptPeer: () => {},
    peerFrameBytesMax: 1024,
    dashboard: "/nowhere",
  });
  t.after(() => server.close());
  const control = `http://${await server.listen({ host: "127.0.0.1", port: 0 })}`;
  const done: string[] = [];
  const reply: DemoReply = { v: 1, requestsPerSecond: 40, faults: [], workers: [], outcomes: [] };
  const front = new Front({
    controlPort: Number(new URL(control).port),
    token: testToken,
    desk: {
      reply,
      break: ({ fault, worker }) => done.push(`${fault} ${worker}`),
      heal() {
        throw new SkeinError("invalid", "nothing to undo");
      },
    },
  });
  await front.listen(0);
  t.after(() => front.close());
  return { front: front.url, control, done };
}

const kill = { method: "POST", body: JSON.stringify({ fault: "kill-worker", worker: "orders-1" }) };

test("what breaks things is answered here, and no controller knows of it", async (t) => {
  const { front, control, done } = await open(t);
  const read = await fetch(`${front}/v1/demo`);
  assert.equal(((await read.json()) as DemoReply).requestsPerSecond, 40);
  const broken = await fetch(`${front}/v1/demo/faults`, { ...kill, headers: operator });
  assert.equal(broken.status, 200);
  assert.deepEqual(done, ["kill-worker orders-1"]);
  const healed = await fetch(`${front}/v1/demo/heal`, { method: "POST", headers: operator, body: "{}" });
  assert.equal(healed.status, 400);
  assert.match(await healed.text(), /nothing to undo/);

  for (const path of ["/v1/demo", "/v1/demo/faults", "/v1/demo/heal"]) {
    assert.equal((await fetch(`${control}${path}`)).status, 404, path);
    assert.equal((await fetch(`${control}${path}`, { ...kill, headers: operator })).status, 404, path);
  }
  assert.equal(done.length, 1);
});

test("the capability is announced on the live stream of the demo, and by no controller", async (t) => {
  const { front, control } = await open(t);
  const announced = async (url: string): Promise<string | null> => {
    const answer = await fetch(`${url}/v1/live`);
    assert.equal(answer.status, 200);
    await answer.body?.cancel();
    return answer.headers.get(demoHeader);
  };
  assert.equal(await announced(front), "1");
  assert.equal(await announced(control), null);
});

const refusals: { name: string; status: number; headers: Record<string, string>; body?: string }[] = [
  { name: "without the token", status: 401, headers: json },
  { name: "with another token", status: 401, headers: { ...json, authorization: "Bearer 0123" } },
  { name: "of another site", status: 403, headers: { ...operator, origin: "http://evil.example" } },
  {
    name: "of another site, by its fetch",
    status: 403,
    headers: { ...operator, "sec-fetch-site": "cross-site" },
  },
  { name: "under a rebound name", status: 421, headers: { ...operator, host: "evil.example" } },
  { name: "as a form", status: 415, headers: { ...operator, "content-type": "text/plain" } },
  { name: "with more", status: 400, headers: operator, body: '{"fault":"kill-worker","pid":1}' },
  { name: "with very much", status: 413, headers: operator, body: `{"fault":"${"x".repeat(2_000)}"}` },
];

for (const { name, status, headers, body = kill.body } of refusals) {
  test(`a break ${name} is refused, and nothing is broken`, async (t) => {
    const { front, done } = await open(t);
    // Not by fetch, which keeps such names to itself.
    const got = await new Promise<number>((answered, failed) => {
      const call = request(`${front}/v1/demo/faults`, { method: "POST", headers, agent: false }, (answer) => {
        answer.resume();
        answered(answer.statusCode ?? 0);
      });
      call.on("error", failed);
      call.end(body);
    });
    assert.equal(got, status);
    assert.deepEqual(done, []);
  });
}

test("all the rest is passed on as it is, with its token and what refuses it", async (t) => {
  const { front } = await open(t);
  const index = (await (await fetch(`${front}/`)).json()) as { product: string };
  assert.equal(index.product, "skein");
  const drain = `${front}/v1/workers/none/drain`;
  assert.equal((await fetch(drain, { method: "POST", headers: json, body: "{}" })).status, 401);
  assert.equal((await fetch(drain, { method: "POST", headers: operator, body: "{}" })).status, 404);
  const rebound = await new Promise<number>((answered) => {
    request(`${front}/v1/workers`, { headers: { host: "evil.example" } }, ({ statusCode }) =>
      answered(statusCode ?? 0),
    ).end();
  });
  assert.equal(rebound, 421);
});

test("where no controller answers, the demo still does", async (t) => {
  const nobody = createServer();
  await new Promise<void>((done) => nobody.listen(0, "127.0.0.1", done));
  const { port } = nobody.address() as AddressInfo;
  await new Promise((done) => nobody.close(done));
  const reply: DemoReply = { v: 1, requestsPerSecond: 40, faults: [], workers: [], outcomes: [] };
  const front = new Front({ controlPort: port, token: testToken, desk: { reply, break() {}, heal() {} } });
  await front.listen(0);
  t.after(() => front.close());
  assert.equal((await fetch(`${front.url}/v1/demo`)).status, 200);
  await assert.rejects(fetch(`${front.url}/v1/workers`));
});
