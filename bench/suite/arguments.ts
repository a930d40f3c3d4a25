import { parseArgs } from "node:util";
import { type Case, cases } from "./cases.ts";
import { isPeerName, isQuick, type PeerName, peerNames } from "./peer-names.ts";

export interface Options {
  cases: readonly Case[];
  peers: readonly PeerName[];
  /** Of each case and peer, after one that warms up and is not counted. */
  rounds: number;
  /** Of one measurement. */
  seconds: number;
  /** Peers that nobody expects to come near are measured in so many of the rounds. */
  roundsOfFar: { headline: number; elsewhere: number };
  /** Latency is measured in so many of the rounds, of far peers in one; where it is the point of a case, in all. */
  roundsOfLatency: number;
  /** Cases that take long are measured in so many of the rounds. */
  roundsOfLong: number;
  quick: boolean;
  json: string;
  check: boolean;
}

export type Reading =
  | { kind: "options"; options: Options }
  | { kind: "help" }
  | { kind: "wrong"; detail: string };

export const usage = `npm run bench -- [options]

  --quick         fewer cases, the nearest peers, fewer rounds: about 6 minutes in place of 45
  --cases a,b     only these: ${inLines(cases.map(({ name }) => name))}
  --peers x,y     only these: ${inLines(peerNames)}
  --rounds N      of each case (7; quick: 3)
  --seconds N     of one measurement (1)
  --json FILE     every measurement, for picture.ts and figures.ts (bench-results.json)
  --check         exit code 1 when a target is not held`;

export function readArguments(args: readonly string[]): Reading {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: "boolean", default: false },
        cases: { type: "string" },
        peers: { type: "string" },
        rounds: { type: "string" },
        seconds: { type: "string", default: "1" },
        json: { type: "string", default: "bench-results.json" },
        check: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { kind: "help" };
    const { quick, json, check } = values;
    const rounds = wholeNumber("--rounds", values.rounds ?? (quick ? "3" : "7"));
    const options: Options = {
      cases: casesOf(values.cases, quick),
      peers: peersOf(values.peers, quick),
      rounds,
      seconds: wholeNumber("--seconds", values.seconds),
      ...fewerRounds(rounds, quick, values.cases !== undefined || values.peers !== undefined),
      quick,
      json,
      check,
    };
    return { kind: "options", options };
  } catch (error) {
    return { kind: "wrong", detail: (error as Error).message };
  }
}

/** What is asked for by name is measured at least once, also in a short run. */
function fewerRounds(
  rounds: number,
  quick: boolean,
  named: boolean,
): Pick<Options, "roundsOfFar" | "roundsOfLatency" | "roundsOfLong"> {
  const once = named ? 1 : 0;
  if (quick)
    return { roundsOfFar: { headline: rounds, elsewhere: once }, roundsOfLatency: once, roundsOfLong: 1 };
  return {
    roundsOfFar: { headline: rounds, elsewhere: Math.min(rounds, 3) },
    roundsOfLatency: Math.min(rounds, 2),
    roundsOfLong: Math.min(rounds, 3),
  };
}

/** Named cases are measured as they are, also those that `--quick` would leave out. */
function casesOf(written: string | undefined, quick: boolean): Case[] {
  if (written === undefined) return cases.filter((one) => one.quick || !quick);
  return written.split(",").map((name) => {
    const found = cases.find((one) => one.name === name);
    if (found === undefined)
      throw new Error(
        unknown(
          "case",
          name,
          cases.map((one) => one.name),
        ),
      );
    return found;
  });
}

function peersOf(written: string | undefined, quick: boolean): PeerName[] {
  if (written === undefined) return peerNames.filter((name) => !quick || isQuick(name));
  return written.split(",").map((name) => {
    if (!isPeerName(name)) throw new Error(unknown("peer", name, peerNames));
    return name;
  });
}

function unknown(what: string, name: string, known: readonly string[]): string {
  return `there is no ${what} ${JSON.stringify(name)}; there are ${known.join(", ")}`;
}

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`${name} must be a whole number above 0, not ${JSON.stringify(text)}`);
}

function inLines(names: readonly string[]): string {
  const lines: string[] = [""];
  for (const name of names) {
    const last = lines.at(-1) ?? "";
    if (last.length + name.length > 64) lines.push(name);
    else lines[lines.length - 1] = last === "" ? name : `${last}, ${name}`;
  }
  return lines.join(`,\n${" ".repeat(18)}`);
}
