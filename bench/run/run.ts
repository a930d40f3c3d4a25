import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Generator } from "../load/generator.ts";
import { aboutMachine, commitHere, loadNow } from "../machine/about.ts";
import { isInstalled, pin } from "../machine/process.ts";
import { peerNamed } from "../peers/all.ts";
import type { Options } from "../suite/arguments.ts";
import type { Case } from "../suite/cases.ts";
import type { PeerName } from "../suite/peer-names.ts";
import { type Group, groupsOf, stepsOf } from "../suite/plan.ts";
import type { LeftOut, Results } from "../suite/results.ts";
import type { Instruments } from "./measure.ts";
import { stageGroup } from "./stage.ts";
import { StepTaker } from "./step-taker.ts";
import { Stops } from "./stops.ts";

/** Descriptors that a process needs besides one for each connection of a case. */
const otherFiles = 1_000;
const warmUpSecondsOf = { full: 3, quick: 1 };
const cores = availableParallelism();

export interface Run {
  options: Options;
  arguments: readonly string[];
  say: (line: string) => void;
}

/** Why nothing can be measured here. */
export function cannotRun(): string | undefined {
  const missing = ["wrk", "taskset"].filter((program) => !isInstalled(program));
  if (process.platform !== "linux") return "the bench reads /proc: it needs Linux";
  if (missing.length > 0)
    return `${missing.join(" and ")} not installed (Debian: apt-get install wrk util-linux)`;
  if (cores < 2) return "the bench needs two cores: the proxy has one to itself";
  return undefined;
}

/** Measures everything that was asked for, one group of cases after the other. */
export async function runAll(run: Run, stops: Stops): Promise<Results> {
  const { options, say } = run;
  const startedAt = new Date();
  const directory = mkdtempSync(join(tmpdir(), "skein-bench-"));
  stops.add(async () => rmSync(directory, { recursive: true, force: true }));
  const results = emptyResults(run, startedAt);
  const peers = await presentPeers(options.peers, results, say);
  const cases = casesHere(options.cases, peers, results, say);
  const core = cores - 1;
  // This process, too, must not take time from the measured one.
  pin(process.pid, [core]);
  const generator = new Generator(core, directory);
  stops.add(() => generator.stop());
  // A proxy may need a file for the client and one for its worker.
  const connectionsMax = Math.max(64, Math.floor((results.machine.openFilesMax - otherFiles) / 2));
  const instruments: Instruments = { generator, core, directory, seconds: options.seconds, connectionsMax };
  const bench: Bench = { run, peers, instruments, results };
  for (const group of groupsOf(cases)) await runGroup(bench, group, stops);
  results.minutes = (Date.now() - startedAt.getTime()) / 60_000;
  results.machine.loadAfter = loadNow();
  return results;
}

function emptyResults({ options, arguments: args }: Run, startedAt: Date): Results {
  return {
    v: 1,
    startedAt: startedAt.toISOString(),
    minutes: 0,
    commit: commitHere(),
    arguments: [...args],
    rounds: options.rounds,
    seconds: options.seconds,
    machine: aboutMachine(),
    cases: options.cases.map(({ name, title, open }) => ({
      name,
      title,
      ...(open === undefined ? {} : { perSecond: open.perSecond }),
    })),
    peers: {},
    measurements: [],
    failures: [],
    leftOut: [],
  };
}

async function presentPeers(
  wanted: readonly PeerName[],
  results: Results,
  say: Run["say"],
): Promise<PeerName[]> {
  const present: PeerName[] = [];
  for (const name of wanted) {
    const reason = await peerNamed(name).missing();
    if (reason === undefined) present.push(name);
    else leaveOut(results, say, { peer: name, reason });
  }
  return present;
}

/** A case in which the gateway itself has no part says nothing about it. */
function casesHere(
  wanted: readonly Case[],
  peers: readonly PeerName[],
  results: Results,
  say: Run["say"],
): Case[] {
  return wanted.filter(({ name, setup, coresMin }) => {
    const ours = peers.includes("skein") ? peerNamed("skein").cannot?.(setup) : undefined;
    const few = cores < (coresMin ?? 2) ? `it needs ${coresMin} cores` : undefined;
    const reason = ours ?? few;
    if (reason !== undefined) leaveOut(results, say, { case: name, reason });
    return reason === undefined;
  });
}

function leaveOut(results: Results, say: Run["say"], one: LeftOut): void {
  results.leftOut.push(one);
  say(`left out: ${one.case ?? one.peer}: ${one.reason}`);
}

interface Bench {
  run: Run;
  peers: readonly PeerName[];
  instruments: Instruments;
  results: Results;
}

async function runGroup(
  { run, peers, instruments, results }: Bench,
  group: Group,
  outer: Stops,
): Promise<void> {
  const { options, say } = run;
  const stops = new Stops();
  outer.add(() => stops.run());
  const warmUpSeconds = options.quick ? warmUpSecondsOf.quick : warmUpSecondsOf.full;
  const { directory } = instruments;
  const steps = stepsOf(group, peers, options);
  try {
    const staged = await stageGroup({
      steps,
      cores,
      directory,
      instruments,
      stops,
      warmUpSeconds,
      say,
    });
    results.leftOut.push(...staged.leftOut);
    results.failures.push(...staged.failures);
    const taking = new StepTaker(staged, instruments, results, say);
    for (const step of steps) await taking.take(step);
    await staged.noteTransports();
    results.peers = { ...staged.facts, ...results.peers };
  } finally {
    await stops.run();
  }
}
