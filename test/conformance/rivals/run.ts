import { join } from "node:path";
import type { AnswerCase, RequestCase } from "../cases/case.ts";
import { get } from "../cases/case.ts";
import { answerTopics, requestTopics } from "../cases/cases.ts";
import { startOurGateway } from "../stage/our-gateway.ts";
import {
  type Answering,
  answerPlainly,
  type PlayedWorker,
  SocketWorker,
  type Voice,
} from "../stage/played-worker.ts";
import { type Door, nextTarget, observe, type Outcome } from "./observe.ts";
import { type Lane, type Rival, startRival } from "./rival.ts";

export const requestCases: readonly RequestCase[] = requestTopics.flatMap(({ cases }) => cases);
export const answerCases: readonly AnswerCase[] = answerTopics.flatMap(({ cases }) => cases);

/** Something to send through a gateway, with what its worker says to it. */
export interface Play {
  bytes: string;
  methods: readonly string[];
  /** Made anew for each gateway: it plays one case. */
  script: () => { answering: Answering; later?: () => Promise<void> };
  /** The gateway trusts its client. */
  trusted: boolean;
}

const atOnceMax = 32;

export function requestPlay({ send, methods = [], trusted = false }: RequestCase): Play {
  return { bytes: send, methods, trusted, script: () => ({ answering: answerPlainly }) };
}

export function answerPlay(one: AnswerCase): Play {
  return {
    bytes: one.send ?? get(),
    methods: one.methods ?? [],
    trusted: false,
    script: () => {
      let voice: Voice | undefined;
      const answering: Answering = (arrival) => {
        // Also where the case's request did not get so far.
        if (arrival.nth > 0 || arrival.request.target === nextTarget) return answerPlainly(arrival);
        if (arrival.moment !== (one.early === true ? "head" : "whole")) return;
        voice = arrival.voice;
        void arrival.voice.say([one.says]).then(() => {
          if (one.afterwards === "ends") arrival.voice.end();
          else if (one.afterwards === "resets") arrival.voice.reset();
        });
      };
      const { later } = one;
      return later === undefined ? { answering } : { answering, later: async () => voice?.say([later]) };
    },
  };
}

/** Each through a gateway of ours of its own, in this process. */
export async function runOurs(plays: readonly Play[]): Promise<Outcome[]> {
  return inTurn(plays, async ({ bytes, methods, script, trusted }) => {
    const closers: (() => void)[] = [];
    const { answering, later } = script();
    const { port, played } = await startOurGateway({ after: (close) => closers.push(close) }, answering, {
      trusted,
    });
    const outcome = await observe({ port }, played, bytes, methods, later);
    for (const close of closers) close();
    return outcome;
  });
}

/** Each through a lane of its own. */
export async function runRival(rival: Rival, plays: readonly Play[], directory: string): Promise<Outcome[]> {
  const scripts = plays.map(({ script }) => script());
  const workers = await Promise.all(
    scripts.map(async ({ answering }) => new SocketWorker(answering).listen()),
  );
  const lanes: Lane[] = workers.map(({ port }, index) => ({
    socket: join(directory, `${rival.command}-${index}`),
    workerPort: port,
  }));
  const running = await startRival(rival, lanes, directory);
  try {
    return await inTurn(plays, async ({ bytes, methods }, index) => {
      const door: Door = { path: lanes[index]!.socket };
      const worker: PlayedWorker = workers[index]!;
      return observe(door, worker, bytes, methods, scripts[index]!.later);
    });
  } finally {
    for (const worker of workers) worker.close();
    await running.stop();
  }
}

/** Some at once, results in order. */
async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const workOn = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: atOnceMax }, workOn));
  return results;
}
