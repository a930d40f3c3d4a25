import { readLedgers } from "../cluster/ledger.ts";
import { Stage } from "../cluster/stage.ts";
import { Generator } from "../load/generator.ts";
import type { LoadReport, RequestRecord } from "../load/record.ts";
import { eventually, pause } from "../wait.ts";
import { type Tally, tally } from "./tally.ts";

export interface LedgerOptions {
  /** POSTs in all. */
  posts: number;
  perSecond: number;
  workers: number;
  /** From one kill -9 to the next; each worker is started anew before the next dies. */
  killEveryMs: number;
}

export interface LedgerResult {
  tally: Tally;
  load: LoadReport;
  kills: number;
  /** Pauses of workers, by SIGSTOP and SIGCONT. */
  stops: number;
  /** Of the requests, as the proxies counted them: those that went over links. */
  overLinks: number;
  complaints: string[];
}

/** At least this share of all must be answered well. */
const answeredShareMin = 0.999;
const reportedWithinMs = 5_000;
/**
 * One pause after the other: around the times at which requests that a stopped worker has not begun are given to others,
 * and at which it is found to stand still. It must not begin with them when it goes on.
 */
const stopsMs = [230, 260, 290, 310, 330, 350, 370, 400, 450, 550, 700, 1_000];

/**
 * POSTs whose ids the workers write down when they execute them, while one worker after the other is killed, and another
 * one stopped for a while: nothing is executed twice, and what is not answered is marked.
 */
export async function runLedger(
  options: LedgerOptions,
  progress: (line: string) => void,
): Promise<LedgerResult> {
  const stage = await Stage.open({ kind: "sdk", workers: options.workers });
  const generator = new Generator();
  try {
    await stage.start();
    await generator.start({
      target: { host: "127.0.0.1", port: stage.listenPort },
      name: `ledger-${process.pid}`,
      perSecond: options.perSecond,
      postShare: 1,
      freshShare: 0,
      connections: 64,
      timeoutMs: 15_000,
    });
    const { kills, stops } = await harmInTurn(stage, generator, options, progress);
    const load = await generator.stop();
    const executions = readLedgers(stage.ledgerDirectory);
    const sum = tally(generator.records, executions, { proxiesLostAt: [], workersKilled: true });
    const overLinks = (await linkRequests(stage, sum.requests)) ?? 0;
    const complaints = complaintsOf(sum, generator.records, load, overLinks);
    return { tally: sum, load, kills, stops, overLinks, complaints };
  } finally {
    generator.close();
    await stage.stop();
  }
}

async function harmInTurn(
  stage: Stage,
  generator: Generator,
  { posts, killEveryMs }: LedgerOptions,
  progress: (line: string) => void,
): Promise<{ kills: number; stops: number }> {
  const { fleet } = stage;
  let kills = 0;
  let stops = 0;
  while (generator.records.length < posts) {
    const place = kills % fleet.size;
    const until = performance.now() + killEveryMs;
    while (performance.now() < until) {
      const stopped = fleet.at((place + 1 + (stops % (fleet.size - 1))) % fleet.size);
      stopped.kill("SIGSTOP");
      await pause(stopsMs[stops % stopsMs.length] ?? 0);
      stopped.kill("SIGCONT");
      stops += 1;
      await pause(killEveryMs / 10);
    }
    fleet.at(place).kill("SIGKILL");
    kills += 1;
    if (kills % 10 === 0) progress(`${generator.records.length} POSTs, ${kills} killed, ${stops} stopped`);
    await fleet.start(place);
  }
  return { kills, stops };
}

/** The proxies tell it once a second. */
async function linkRequests(stage: Stage, requests: number): Promise<number | undefined> {
  let last: number | undefined;
  await eventually(
    async () => {
      const answer = await fetch(`http://127.0.0.1:${stage.controlPort}/metrics`);
      const lines = (await answer.text()).matchAll(/^skein_link_requests_total(?:\{[^}]*\})? (\d+)$/gm);
      last = [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
      return last >= requests * answeredShareMin ? true : undefined;
    },
    { withinMs: reportedWithinMs, everyMs: 200 },
  );
  return last;
}

function complaintsOf(
  sum: Tally,
  records: readonly RequestRecord[],
  load: LoadReport,
  overLinks: number,
): string[] {
  const found: string[] = [];
  const unmarked = sum.failed + sum.refused + sum.exempt;
  const doubts = (count: number, what: string): void => void (count > 0 && found.push(`${count} ${what}`));
  doubts(sum.doubled.length, "executed twice");
  doubts(sum.unexecuted.length, "acknowledged and never executed");
  doubts(unmarked, `neither answered nor marked outcome-unknown: ${JSON.stringify(sum.failures)}`);
  doubts(load.planned - records.length, "without a record");
  if (sum.answered < sum.requests * answeredShareMin) found.push(`only ${sum.answered} were answered`);
  // Each new life of a worker has its first requests before its links are open.
  if (overLinks < sum.requests / 2) found.push(`only ${overLinks} went over links`);
  return found;
}

export function ledgerLines({
  tally: sum,
  load,
  kills,
  stops,
  overLinks,
  complaints,
}: LedgerResult): string[] {
  const share = (count: number): string => `${((100 * count) / sum.requests).toFixed(3)} %`;
  return [
    `${sum.requests} POSTs, ${kills} workers killed by kill -9, ${stops} stopped for a while; ${overLinks} over links`,
    `  answered            ${sum.answered}  ${share(sum.answered)}`,
    `  outcome-unknown     ${sum.outcomeUnknown}  ${share(sum.outcomeUnknown)}`,
    `  otherwise failed    ${sum.failed + sum.refused}`,
    `  executed twice      ${sum.doubled.length}`,
    `  slowest             ${sum.slowestMs.toFixed(0)} ms; the generator was late by ${load.lateMsMax.toFixed(0)} ms at most`,
    ...(complaints.length === 0 ? ["ok"] : complaints.map((complaint) => `FAIL ${complaint}`)),
  ];
}
