import type { TestPeer } from "../../../src/proxy/testing/testing-peers.ts";
import { get } from "../cases/case.ts";
import { answersTo, connectClient, stateOf } from "../stage/client-end.ts";
import type { ConnectionState, SeenAnswers } from "../stage/plain-answers.ts";
import type { SeenRequest } from "../stage/plain-requests.ts";
import type { PlayedWorker } from "../stage/played-worker.ts";

/** What came of one case at one gateway, ours or a rival's. */
export interface Outcome {
  client: SeenAnswers;
  state: ConnectionState;
  worker: SeenRequest[];
  /** What the worker got that is no plain HTTP/1.1. */
  odd: string[];
  /** What somebody else's request got afterwards: `ownAnswer`, or what should not be. */
  next: string;
  /** Bytes that came on each connection to the worker. */
  forwarded: string[];
}

/** Where clients of a gateway connect. */
export type Door = { port: number } | { path: string };

export const ownAnswer = "its own answer";

/** What somebody else asks for afterwards. */
export const nextTarget = "/other";

/** Nothing has happened for so long: nothing more will. Rivals cannot be asked whether they are done. */
const quietMs = 400;
const withinMs = 6_000;
const lookEveryMs = 10;

async function quiet(bytes: () => number): Promise<void> {
  const end = performance.now() + withinMs;
  let last = bytes();
  let since = performance.now();
  while (performance.now() - since < quietMs && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    const now = bytes();
    if (now !== last) since = performance.now();
    last = now;
  }
}

/** Sends `bytes` in one piece, and looks at both sides until nothing happens any more. */
export async function observe(
  door: Door,
  worker: PlayedWorker,
  bytes: string,
  methods: readonly string[],
  meanwhile: () => Promise<void> = async () => {},
): Promise<Outcome> {
  const client = await connectClient(door);
  client.send(bytes);
  const received = (): number =>
    worker.connections().reduce((sum, one) => sum + one.received.length + (one.open ? 0 : 1), 0) +
    client.receivedBytes +
    (stateOf(client) === "open" ? 0 : 1);
  await quiet(received);
  await meanwhile();
  await quiet(received);
  const outcome = {
    client: answersTo(client, methods),
    state: stateOf(client),
    worker: worker.requests(),
    odd: worker.oddities(),
    forwarded: worker.connections().map((one) => one.received),
  };
  client.close();
  return { ...outcome, next: await nextOfSomebodyElse(door) };
}

async function nextOfSomebodyElse(door: Door): Promise<string> {
  const other: TestPeer = await connectClient(door);
  other.send(get("", nextTarget));
  await quiet(() => other.receivedBytes + (stateOf(other) === "open" ? 0 : 1));
  const { answers } = answersTo(other, []);
  other.close();
  const [answer] = answers;
  if (answer === undefined) return "no answer";
  if (answer.status === 200 && answer.body === `GET ${nextTarget}` && answer.whole) {
    return ownAnswer;
  }
  return `${answer.status} ${JSON.stringify(answer.body.slice(0, 40))}`;
}
