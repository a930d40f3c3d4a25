import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestingControl } from "./testing-control.ts";
import { create, list, revoke, rotate } from "./verbs/token.ts";

const view = {
  id: "1a2b3c4d",
  scope: "worker",
  services: ["orders"],
  createdAt: "2026-01-01T00:00:00.000Z",
  expiresAt: null,
  secrets: 1,
};

async function setUp(t: { after(end: () => void): void }) {
  const control = await openTestingControl((line) => {
    if (line === "GET /v1/tokens")
      return { json: { v: 1, tokens: [view, { ...view, id: "x", services: [] }] } };
    if (line.startsWith("POST /v1/tokens")) return { json: { v: 1, token: "skein-worker-secret", view } };
    return line === "DELETE /v1/tokens/1a2b3c4d" ? { json: { v: 1 } } : undefined;
  });
  t.after(() => control.close());
  const out: string[] = [];
  const notes: string[] = [];
  const terminal = {
    columns: 80,
    out: (text: string) => void out.push(text),
    note: (text: string) => void notes.push(text),
    paint: (_: unknown, text: string) => text,
  };
  return { control, options: { control: control.address, token: "operator" }, out, notes, terminal };
}

test("create prints the token alone on stdout, and says the rest beside it", async (t) => {
  const { control, options, out, notes, terminal } = await setUp(t);
  assert.equal(await create({ ...options, service: ["orders,stock"], expires: "2h" }, terminal), 0);
  assert.deepEqual(out, ["skein-worker-secret"]);
  assert.match(notes.join(), /shown this once/);
  const [asked] = control.asked;
  assert.deepEqual(JSON.parse(asked!.body), {
    scope: "worker",
    services: ["orders", "stock"],
    expiresInMs: 7_200_000,
  });
  assert.equal(asked!.authorization, "Bearer operator");
});

test("what cannot be meant is told before anybody is asked", async (t) => {
  const { control, options, terminal } = await setUp(t);
  await assert.rejects(create({ ...options, scope: "all" }, terminal), /worker or gateway/);
  for (const expires of ["soon", "0d", "5", "-1h", "1y", "3651d", "999999d"]) {
    await assert.rejects(create({ ...options, expires }, terminal), /like 90m.*at most 3650d/);
  }
  for (const service of ["", "orders,", ",orders"]) {
    const refusal = { exitCode: 2, message: `--service: "${service}" has an empty name in it` };
    await assert.rejects(create({ ...options, service: [service] }, terminal), refusal);
  }
  assert.deepEqual(control.asked, []);
});

test("list, rotate and revoke", async (t) => {
  const { control, options, out, terminal } = await setUp(t);
  await list(options, terminal);
  assert.deepEqual(
    out.splice(0).map((line) => line.split(/ +/)),
    [
      ["ID", "SCOPE", "SERVICES", "SECRETS", "EXPIRES"],
      ["1a2b3c4d", "worker", "orders", "1", "never"],
      ["x", "worker", "all", "1", "never"],
    ],
  );
  await rotate("1a2b3c4d", options, terminal);
  await revoke("1a2b3c4d", options, terminal);
  assert.deepEqual(
    control.asked.map(({ line }) => line),
    ["GET /v1/tokens", "POST /v1/tokens/1a2b3c4d/rotate", "DELETE /v1/tokens/1a2b3c4d"],
  );
  assert.deepEqual(out.splice(0), ["skein-worker-secret"]);
  await revoke("1a2b3c4d", { ...options, json: true }, terminal);
  assert.deepEqual(
    out.map((text) => JSON.parse(text) as unknown),
    [{ v: 1 }],
  );
  await assert.rejects(revoke("nobody", options, terminal));
});
