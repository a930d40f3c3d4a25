import type { ComponentChild } from "preact";
import type { ClusterEvent } from "../../../src/protocol/events.ts";
import { clock, foreign } from "../format.ts";

const bad = /suspect|dead|preservation-on|resigned|held|replaced/;
const good = /live|elected|mended|undrained|preservation-off/;

export function toneOf({ kind }: ClusterEvent): "bad" | "good" | "plain" {
  if (kind !== "worker-undrained" && bad.test(kind)) return "bad";
  return good.test(kind) ? "good" : "plain";
}

export function Ticker({ events }: { events: readonly ClusterEvent[] }): ComponentChild {
  if (events.length === 0) return <p class="empty">Nothing has happened yet.</p>;
  return (
    <ol class="ticker">
      {events.map((event) => (
        <li key={event.id} class={toneOf(event)}>
          <time dateTime={event.at}>{clock(event.at)}</time>
          <span class="kind">{event.kind}</span>
          <bdi>{foreign(event.message)}</bdi>
        </li>
      ))}
    </ol>
  );
}
