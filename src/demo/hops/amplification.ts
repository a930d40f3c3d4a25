import { systemClock } from "../../runtime/clock.ts";
import type { Chain } from "./chain.ts";
import { inTurn, requestsOf } from "./load.ts";

export interface Amplification {
  /** Requests of the client while the last service failed every one. */
  readonly asked: number;
  /** Requests that the last service had of them. */
  readonly reached: number;
  /** From its return to the first of `runLength` answers in a row. */
  readonly backAfterMs: number;
}

/** So many right answers one after the other are the full rate. */
const runLength = 50;

/** The last service fails every request: how many reach it for each that a client sends? Then it is well again. */
export async function amplify(
  chain: Chain,
  load: { requests: number; perSecond: number },
): Promise<Amplification> {
  const before = await requestsOf(chain);
  for (const tier of chain.last) tier.fail(true);
  await inTurn(load.requests, load.perSecond, async () => void (await chain.ask("/")));
  const reached = (await requestsOf(chain)) - before;
  for (const tier of chain.last) tier.fail(false);
  const returnedAt = systemClock.now();
  const backAt = await runOfAnswers(chain, load.perSecond);
  return { asked: load.requests, reached, backAfterMs: backAt - returnedAt };
}

/** When the first request of a run without a failure was sent. */
async function runOfAnswers(chain: Chain, perSecond: number): Promise<number> {
  for (;;) {
    const sentAt: number[] = [];
    let failedLast = -1;
    await inTurn(runLength, perSecond, async (nth) => {
      sentAt[nth] = systemClock.now();
      if ((await chain.ask("/")) !== 200) failedLast = Math.max(failedLast, nth);
    });
    if (failedLast === -1) return sentAt[0]!;
  }
}
