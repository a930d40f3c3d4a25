import { type Figure, figureOf, figures, type Place, ratioOf } from "./figures-of.ts";
import { type PeerName, peerNames } from "./peer-names.ts";
import type { CaseFacts, Results } from "./results.ts";

/** Below it nobody could tell who lost. */
const lostFrom = 1.05;

const ours: readonly PeerName[] = ["skein", "skein-link"];
const rivals = peerNames.filter((name) => !ours.includes(name) && name !== "bare");

interface Kind {
  words: string;
  loop: Place["loop"];
  figure: Figure;
}

const kinds: readonly Kind[] = [
  { words: "CPU per request", loop: "closed", figure: figures.proxy },
  { words: "p99", loop: "open", figure: figures.p99 },
];

/** Of cases without a closed loop: what the fixed rate costs, and what the connections hold. */
const kindsAtRate: readonly Kind[] = [
  { words: "CPU per request at that rate", loop: "open", figure: figures.proxy },
  { words: "memory over the base", loop: "open", figure: figures.rssOverBase },
];

/** For each case in which a rival does better, who and by how much: medians of the pairs. Nothing is chosen by hand. */
export function lossLines(results: Results): string[] {
  return [...results.cases.flatMap((one) => lossesIn(one, results)), ...memoryLine(results)];
}

function lossesIn({ name, title }: CaseFacts, results: Results): string[] {
  const measured = results.measurements.filter((one) => one.case === name);
  const atRate = measured.every(({ loop }) => loop === "open");
  const parts = ours.flatMap((peer) =>
    [...kinds, ...(atRate ? kindsAtRate : [])].flatMap(({ words, loop, figure }) => {
      const lost = rivals.flatMap((rival) => {
        const of = (who: PeerName): Place => ({ case: name, peer: who, loop });
        const ratio = ratioOf(results, of(peer), of(rival), figure)?.median;
        return ratio === undefined || ratio < lostFrom ? [] : [`${ratio.toFixed(2)} x ${rival}`];
      });
      return lost.length === 0 ? [] : [`${peer}: ${words} ${lost.join(", ")}`];
    }),
  );
  return parts.length === 0 ? [] : [`${title} (\`${name}\`): ${parts.join("; ")}`];
}

/** A process of Node is never as small as one that was written in C: said once, and not for each case. */
function memoryLine(results: Results): string[] {
  const megabytes = (["skein", "nginx", "haproxy"] as const).flatMap((peer) => {
    const spread = figureOf(results, { case: "get", peer, loop: "closed" }, figures.rss);
    return spread === undefined ? [] : [`${peer} ${(spread.median / 1e6).toFixed(0)} MB`];
  });
  return megabytes.length < 2
    ? []
    : [`memory of the proxy with 64 connections (\`get\`): ${megabytes.join(", ")}`];
}
