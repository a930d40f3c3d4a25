// `npm run hops`: what reaches the handlers of a chain of services when its client leaves, and when its last one fails.
import { parseArgs } from "node:util";
import { amplify } from "./hops/amplification.ts";
import { Chain } from "./hops/chain.ts";
import { nowAndThenSlow } from "./hops/hedging.ts";
import { leave } from "./hops/leaving.ts";

const usage = `npm run hops -- [options]

  --times N       how often a client leaves a chain of four services (20)
  --requests N    to a chain of four whose last service fails every request (3000)
  --rate N        of them in a second (300)
  --proxies N     of the gateway (2)`;

/** What must hold. */
const limits = { abortedWithinMs: 50, amplification: 1.2, backWithinMs: 2_000 };
const leavesAtMs = 100;

interface Load {
  requests: number;
  perSecond: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      times: { type: "string", default: "20" },
      requests: { type: "string", default: "3000" },
      rate: { type: "string", default: "300" },
      proxies: { type: "string", default: "2" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return say(usage);
  const proxies = Number(values.proxies);
  const load: Load = { requests: Number(values.requests), perSecond: Number(values.rate) };
  const chain = await Chain.start(4, { proxies });
  try {
    const left = await leaves(chain, Number(values.times));
    const amplified = await failures(chain, load);
    if (!left || !amplified) return 1;
  } finally {
    await chain.stop();
  }
  await hedging(proxies, load);
  return 0;
}

/** Beside each other, without a verdict: how slow a machine is decides what is late. */
async function hedging(proxies: number, load: Load): Promise<void> {
  say("one service, of whose requests one in fifty takes 250 ms:");
  for (const hedge of [false, true]) {
    const chain = await Chain.start(1, { proxies, hedge });
    try {
      const { p50Ms, p99Ms, factor } = await nowAndThenSlow(chain, load);
      const [p50, p99] = [p50Ms.toFixed(1), p99Ms.toFixed(1)];
      say(
        `  ${hedge ? "hedged    " : "not hedged"}  p50 ${p50} ms  p99 ${p99} ms  ${factor.toFixed(3)} x requests`,
      );
    } finally {
      await chain.stop();
    }
  }
}

async function leaves(chain: Chain, times: number): Promise<boolean> {
  const worst: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const { afterMs } = await leave(chain, leavesAtMs);
    for (const [at, ms] of afterMs.entries()) worst[at] = Math.max(worst[at] ?? 0, ms);
  }
  say(
    `a client leaves a chain of four after ${leavesAtMs} ms, ${times} times: handlers aborted at the latest after`,
  );
  for (const [at, ms] of worst.entries()) say(`  tier ${at + 1}  ${ms.toFixed(1)} ms`);
  return verdict(Math.max(...worst) <= limits.abortedWithinMs, `all within ${limits.abortedWithinMs} ms`);
}

async function failures(chain: Chain, load: Load): Promise<boolean> {
  const { asked, reached, backAfterMs } = await amplify(chain, load);
  const factor = reached / asked;
  say(`the last of four fails every request, ${load.perSecond} a second:`);
  say(`  ${asked} asked, ${reached} reached it: ${factor.toFixed(3)} x`);
  say(`  after its return every request is answered from ${backAfterMs.toFixed(0)} ms on`);
  const small = verdict(factor <= limits.amplification, `at most ${limits.amplification} x`);
  return verdict(backAfterMs <= limits.backWithinMs, `back within ${limits.backWithinMs} ms`) && small;
}

function verdict(holds: boolean, what: string): boolean {
  say(`${holds ? "ok  " : "FAIL"} ${what}`);
  return holds;
}

function say(...lines: string[]): number {
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
process.exitCode = await main();
