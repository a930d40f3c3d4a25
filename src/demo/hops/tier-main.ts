// One service of a chain, as a user writes it: for each request it asks the next, and passes on what that says.
import { createServer, type ServerResponse } from "node:http";
import { systemClock } from "../../runtime/clock.ts";
import { client, deadline, join, signal } from "../../worker/index.ts";
import type { TierAssignment, TierCommand, TierReport } from "./tier-messages.ts";

const { service, next, gateway, control } = JSON.parse(process.argv[2] ?? "") as TierAssignment;
const calls = next === undefined ? undefined : client(next, { gateways: gateway, prefix: `/${next}` });
let failing = false;
let requests = 0;
let slow = { every: Infinity, ms: 0 };

function report(message: TierReport): void {
  process.send?.(message, undefined, undefined, () => {});
}

/** Answers never: whoever asked leaves. */
function hold(): void {
  const asked = signal();
  asked?.addEventListener("abort", () => {
    report({ t: "aborted", at: systemClock.now(), reason: (asked.reason as Error).name });
  });
  report({ t: "entered" });
}

async function passOn(path: string, response: ServerResponse): Promise<void> {
  try {
    const answer = await calls!.fetch(path);
    response.writeHead(answer.status, { "content-type": "text/plain" });
    response.end(await answer.text());
  } catch {
    response.writeHead(502).end();
  }
}

const server = createServer((request, response) => {
  const path = request.url ?? "/";
  if (path === "/hold") hold();
  if (calls !== undefined) return void passOn(path, response);
  if (path === "/hold") return;
  requests += 1;
  if (failing) return void request.socket.destroy();
  const answer = (): void => void response.end(deadline() === undefined ? "no time" : "in time");
  if (requests % slow.every === 0) setTimeout(answer, slow.ms);
  else answer();
});
server.listen(0, "127.0.0.1");
process.on("message", (command: TierCommand) => {
  if (command.t === "fail") failing = command.on;
  else if (command.t === "slow") slow = command;
  else report({ t: "count", requests });
});
process.on("disconnect", () => process.exit(0));
await join(server, service, { control });
report({ t: "joined" });
