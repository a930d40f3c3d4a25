import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { startPlainWorker, TestGateway } from "./harness.ts";

/** The status and, of the gateway's own answers, the reason, on a connection of its own that stays open. */
async function ask(url: string, held: { destroy(): void }[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  held.push(socket);
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const [first] = (await once(socket, "data")) as [Buffer];
  const head = first.toString("latin1");
  return `${head.slice(9, 12)} ${/x-skein-reason: (\S+)/.exec(head)?.[1] ?? ""}`.trim();
}

test("a process that may open few files takes fewer clients, answers all of them, and says so", async (context) => {
  const { address } = await startPlainWorker(context);
  const configuration = { proxies: 1, services: { web: { workers: [address], check: false } } };
  const gateway = TestGateway.prepare(context, {
    configuration,
    inside: ["sh", "-c", 'ulimit -n 200; exec "$@"', "sh"],
  });
  gateway.up();
  await gateway.until("every process is ready", ({ children }) =>
    children.some(({ role, state }) => role === "proxy" && state === "ready"),
  );
  const held: { destroy(): void }[] = [];
  context.after(() => {
    for (const socket of held) socket.destroy();
  });
  const answers = await Promise.all(Array.from({ length: 300 }, () => ask(gateway.url, held)));
  const count = (answer: string): number => answers.filter((each) => each === answer).length;
  assert.equal(count("200"), 68);
  assert.equal(count("503 too-many-connections"), 232);
  assert.match(gateway.log(), /"openFiles":200,"limits\.connections":20000,"connections":68/);
});
