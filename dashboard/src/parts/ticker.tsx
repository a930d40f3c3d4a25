import type { ComponentChild } from "preact";
import type { ClusterEvent } from "../../../src/protocol/events.ts";
import { noneAmong } from "../event-words.ts";
import { foreign } from "../format.ts";
import { cluster, events as all } from "../state.ts";
import { Time } from "./time.tsx";

const bad = /suspect|dead|preservation-on|resigned|held|replaced/;
const good = /live|elected|mended|undrained|preservation-off/;

export function toneOf({ kind }: ClusterEvent): "bad" | "good" | "plain" {
  if (kind !== "worker-undrained" && bad.test(kind)) return "bad";
  return good.test(kind) ? "good" : "plain";
}

/** `events`: those to show, of all that are known. */
export function Ticker({ events }: { events: readonly ClusterEvent[] }): ComponentChild {
  if (events.length === 0)
    return <p class="empty">{noneAmong(all.value, cluster.value?.lastEventId ?? 0)}</p>;
  return (
    <ol class="ticker">
      {events.map((event) => (
        <li key={event.id} class={toneOf(event)}>
          <Time at={event.at} />
          <span class="kind">{event.kind}</span>
          <bdi>{foreign(event.message)}</bdi>
        </li>
      ))}
    </ol>
  );
}
