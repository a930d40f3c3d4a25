import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { explainRequest } from "../../core/requests/why.ts";
import type { ExplainedRequest } from "../../protocol/requests.ts";
import { sampleRecord } from "../../control/testing-requests.ts";
import { runCommand } from "../command.ts";
import { openTestingControl, type TestingControl } from "../testing-control.ts";

const hostile = "/orders/\u001B[31m<b>";
const record = { ...sampleRecord, path: hostile };
const request: ExplainedRequest = { ...record, why: explainRequest(record) };
let control: TestingControl;

before(async () => {
  control = await openTestingControl((line) => {
    if (line === "GET /v1/requests/4f2a-1") return { json: { v: 1, request } };
    if (line === "GET /v1/requests?limit=5&kept=failed&slowest=1") {
      return {
        json: { v: 1, requests: [request], asked: { proxies: ["proxy-1"], silent: ["b/controller-1"] } },
      };
    }
    const detail = "No proxy has a record of this request (2 proxies were asked).";
    return { status: 404, json: { code: "request-unknown", title: "none", detail } };
  });
});
after(() => control.close());

async function skein(...args: string[]): Promise<{ code: number; out: string; note: string }> {
  const ran = { code: -1, out: "", note: "" };
  ran.code = await runCommand([...args, "--control", control.address, "--token", "t"], {
    columns: 80,
    out: (line) => (ran.out += `${line}\n`),
    note: (line) => (ran.note += `${line}\n`),
    paint: (_, text) => text,
  });
  return ran;
}

test("why: cause, rule, what to do, each try, the workers, the routes; control characters are visible", async () => {
  const { code, out } = await skein("why", "4f2a-1");
  assert.equal(code, 0);
  assert.match(out, /^503 no-live-worker {2}GET shop\.example\/orders\/\\x1b\[31m<b>\?key=\*\*\*/);
  assert.match(out, /^cause {3}worker-refused$/m);
  assert.match(out, /^what {4}orders\/orders-1 refused the connection/m);
  assert.match(out, /^do {6}Is the process running/m);
  assert.match(out, /^orders-1 {2}new conn\. .* refused$/m);
  assert.match(out, /another one was tried/);
  assert.match(out, /0 of 1 may be chosen/);
  assert.match(out, /chosen {2}\/orders\/\*/);
  assert.ok(!out.includes("\u001B"));
  for (const line of out.split("\n").filter((one) => /^(what|rule|do| {8})/.test(one))) {
    assert.ok(line.length <= 80, line);
  }
});

test("why --json is what the API says", async () => {
  const { out } = await skein("why", "4f2a-1", "--json");
  assert.deepEqual(JSON.parse(out), { v: 1, request });
});

test("why of a request that nobody has kept ends with 1, and says who was asked", async () => {
  const { code, note } = await skein("why", "none");
  assert.equal(code, 1);
  assert.match(note, /2 proxies were asked/);
});

test("requests: a filter that could find nothing is a fault of the command line, and nobody is asked", async () => {
  const before = control.asked.length;
  const typed = await skein("requests", "--code", "no-live-wroker");
  assert.deepEqual([typed.code, typed.out], [2, ""]);
  assert.match(typed.note, /--code: "no-live-wroker" is unknown; did you mean "no-live-worker"\?/);
  const cause = await skein("requests", "--code", "slow-connect");
  assert.equal(cause.code, 2);
  assert.match(cause.note, /docs\/errors\.md lists the codes, and the column CAUSE shows causes/);
  const kept = await skein("requests", "--kept", "fialed");
  assert.equal(kept.code, 2);
  assert.match(kept.note, /Allowed choices are failed, slow, sampled/);
  const lines = await skein("requests", "-n", "few");
  assert.equal(lines.code, 2);
  assert.match(lines.note, /--lines: "few" is not a whole number/);
  assert.equal(control.asked.length, before);
});

test("requests: a line each, and who did not answer", async () => {
  const { code, out, note } = await skein("requests", "--kept", "failed", "--slowest", "-n", "5");
  assert.equal(code, 0);
  assert.match(
    out,
    /^TIME +ID +STATUS +TOOK +CAUSE +REQUEST\n2\d{3}-\d\d-\d\d 00:00:00\.000Z +4f2a-1 +503 +1 s +worker-refused/,
  );
  assert.match(note, /no answer from b\/controller-1/);
});
