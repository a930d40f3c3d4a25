import type { ComponentChild } from "preact";
import { count, foreign, milliseconds, percent } from "../format.ts";
import { Flight } from "../parts/flight.tsx";
import { Range } from "../parts/range.tsx";
import { type Line, Sparkline } from "../parts/sparkline.tsx";
import { Ticker } from "../parts/ticker.tsx";
import { cluster, events, trafficOf, workers } from "../state.ts";

const tickerLength = 12;

export function Overview(): ComponentChild {
  const { perSecond, errorShare, p50Ms, p99Ms } = trafficOf() ?? {};
  return (
    <section class="overview">
      <div class="bar over">
        <h1>Overview</h1>
        <Range />
      </div>
      <div class="figures">
        <Figure title="Requests/s" value={count(perSecond)} lines={requestLines} />
        <Figure
          title="Errors"
          value={percent(errorShare)}
          tone={(errorShare ?? 0) > 0 ? "bad" : ""}
          lines={errorLines}
        />
        <Figure
          title="p50, p99"
          value={`${milliseconds(p50Ms)}, ${milliseconds(p99Ms)}`}
          lines={latencyLines}
        />
        <Workforce />
      </div>
      <div class="panel">
        <Flight />
        <Crew />
      </div>
      <div class="panel">
        <h2>Lately</h2>
        <Ticker events={events.value.slice(0, tickerLength)} />
      </div>
    </section>
  );
}

const requestLines: readonly Line[] = [
  { label: "requests/s", value: ({ traffic }) => traffic.perSecond, colour: "accent" },
];
const errorLines: readonly Line[] = [
  { label: "errors", value: ({ traffic }) => traffic.errorShare, colour: "bad" },
];
const latencyLines: readonly Line[] = [
  { label: "p50", value: ({ traffic }) => traffic.p50Ms, colour: "quiet" },
  { label: "p99", value: ({ traffic }) => traffic.p99Ms, colour: "accent" },
];

function Figure(props: {
  title: string;
  value: string;
  tone?: string;
  lines: readonly Line[];
}): ComponentChild {
  return (
    <div class="figure">
      <h2>{props.title}</h2>
      <p class={`value ${props.tone ?? ""}`}>{props.value}</p>
      <Sparkline lines={props.lines} />
    </div>
  );
}

const order = ["live", "draining", "suspect", "left", "dead"] as const;

function Workforce(): ComponentChild {
  const all = workers.value;
  const parts = order.map((state) => ({ state, number: all.filter((one) => one.state === state).length }));
  const present = parts.filter(({ number }) => number > 0);
  return (
    <a class="figure" href="#/workers">
      <h2>Workers</h2>
      <p class="value">{count(parts[0]?.number ?? 0)} live</p>
      <span class="stack" aria-hidden="true">
        {present.map(({ state, number }) => (
          <i key={state} class={state} style={{ flexGrow: number }} />
        ))}
      </span>
      <p class="muted">
        {present.map(({ state, number }) => `${number} ${state}`).join(", ") || "none has joined"}
      </p>
    </a>
  );
}

/** The controllers: outside the requests' way, and so outside the picture's lines. */
function Crew(): ComponentChild {
  const { controllers, term, leader } = cluster.value?.controllers ?? {
    controllers: [],
    term: 0,
    leader: null,
  };
  return (
    <ul class="crew" aria-label="Controllers">
      {controllers.map(({ name, instance, role }) => (
        <li key={instance} class={role}>
          <i aria-hidden="true" />
          <bdi>{foreign(name, 24)}</bdi>{" "}
          <span class="muted">{role === "leader" ? `leads, term ${term}` : role}</span>
        </li>
      ))}
      {leader === null && <li class="bad">nobody leads at this moment; requests go on</li>}
    </ul>
  );
}
