import type { Options } from "./arguments.ts";
import type { Case } from "./cases.ts";
import { isNear, type PeerName } from "./peer-names.ts";

/** One measurement to be made. Round 0 warms up and is not counted. */
export interface Step {
  of: Case;
  peer: PeerName;
  round: number;
  loop: "closed" | "open";
}

/** Cases measured on the same running processes, or in turn with each other. */
export interface Group {
  name: string;
  cases: readonly Case[];
}

export function groupsOf(cases: readonly Case[]): Group[] {
  const groups = new Map<string, Case[]>();
  for (const one of cases) {
    const name = one.growth ?? one.setup.name;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [...groups].map(([name, members]) => ({ name, cases: members }));
}

type Rounds = Pick<Options, "rounds" | "roundsOfFar" | "roundsOfLatency" | "roundsOfLong">;

/**
 * The measurements of a group. Within a round the peers follow one directly after the other, for their ratios are
 * of pairs; every other round goes backwards, so that none is always measured after the same one.
 */
export function stepsOf(group: Group, peers: readonly PeerName[], rounds: Rounds): Step[] {
  const bundles = group.cases.some(({ growth }) => growth !== undefined)
    ? [group.cases]
    : group.cases.map((one) => [one]);
  return bundles.flatMap((bundle) =>
    (["closed", "open"] as const).flatMap((loop) => stepsOfLoop(bundle, peers, rounds, loop)),
  );
}

function stepsOfLoop(
  bundle: readonly Case[],
  peers: readonly PeerName[],
  rounds: Rounds,
  loop: Step["loop"],
): Step[] {
  const steps: Step[] = [];
  for (let round = 0; round <= rounds.rounds; round += 1) {
    const inTurn = round % 2 === 0 ? peers.toReversed() : peers;
    for (const peer of inTurn) {
      for (const of of bundle) {
        const times = timesOf(of, peer, rounds, loop);
        if (round === 0 ? warmsUp(of, loop, times) : isOneOf(round, times, rounds.rounds))
          steps.push({ of, peer, round, loop });
      }
    }
  }
  return steps;
}

/** In how many of the rounds this peer is measured in this case. */
function timesOf(of: Case, peer: PeerName, rounds: Rounds, loop: Step["loop"]): number {
  if (of[loop] === undefined) return 0;
  const far = of.headline === true ? rounds.roundsOfFar.headline : rounds.roundsOfFar.elsewhere;
  const near = of.long === true ? rounds.roundsOfLong : rounds.rounds;
  const all = isNear(peer) ? near : far;
  const isBeside = loop === "open" && of.closed !== undefined;
  return isBeside ? Math.min(all, rounds.roundsOfLatency, isNear(peer) ? all : 1) : all;
}

/** A closed loop before has warmed up what an open one needs. */
function warmsUp(of: Case, loop: Step["loop"], times: number): boolean {
  return times > 0 && of.long !== true && (loop === "closed" || of.closed === undefined);
}

/** True for `times` of the rounds 1 to `rounds`, spread evenly. */
function isOneOf(round: number, times: number, rounds: number): boolean {
  return Math.floor((round * times) / rounds) > Math.floor(((round - 1) * times) / rounds);
}
