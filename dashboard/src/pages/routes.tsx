import { signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import type { Route } from "../../../src/protocol/configuration.ts";
import type { RouteExplanationReply, RoutesReply } from "../../../src/protocol/discovery.ts";
import { serviceText, subsetText } from "../../../src/protocol/route-text.ts";
import { typedTarget } from "../../../src/protocol/typed-target.ts";
import { foreign } from "../format.ts";
import { type Column, Rows } from "../parts/rows.tsx";
import { ask } from "../net/ask.ts";
import { emptyWords, newReading, useConfigured } from "../reading.ts";

const reading = newReading<RoutesReply>();
const method = signal("GET");
const target = signal("");
/** What would become of a request, by the routes that were known then. */
const explained = signal<{ by: RoutesReply | undefined; reply: RouteExplanationReply } | undefined>(
  undefined,
);
const wrong = signal<string | undefined>(undefined);

function explain(event: Event): void {
  event.preventDefault();
  const query = new URLSearchParams({ method: method.value });
  const typed = typedTarget(target.value);
  if (typed?.authority !== undefined) query.set("host", typed.authority);
  query.set("target", typed?.target ?? target.value);
  explained.value = undefined;
  wrong.value = undefined;
  ask<RouteExplanationReply>(`routes/explain?${query}`).then(
    (reply) => (explained.value = { by: reading.reply.value, reply }),
    (error: unknown) => (wrong.value = error instanceof Error ? error.message : String(error)),
  );
}

export function Routes(): ComponentChild {
  useConfigured("routes", reading);
  const troubles = [reading.wrong.value, wrong.value].filter((text) => text !== undefined);
  const explanation = explained.value?.by === reading.reply.value ? explained.value?.reply : undefined;
  const rows = (reading.reply.value?.routes ?? []).map((route, at) => ({
    route,
    at,
    verdict: explanation?.routes.find(({ name }) => name === route.name),
  }));
  return (
    <section class="page">
      <div class="bar">
        <h1>Routes</h1>
        <span class="muted">the first that fits takes the request</span>
      </div>
      <form class="tester" onSubmit={explain} aria-label="Route tester">
        <label>
          <span class="unseen">Method</span>
          <select value={method.value} onChange={(event) => (method.value = event.currentTarget.value)}>
            {["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="filter">
          <span class="unseen">Path or address</span>
          <input
            placeholder="/orders/7 or http://shop.example/orders/7"
            value={target.value}
            onInput={(event) => (target.value = event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary">
          Test
        </button>
        <output>{answerOf(explanation)}</output>
      </form>
      {troubles.map((text) => (
        <p key={text} class="bad" role="alert">
          {foreign(text)}
        </p>
      ))}
      <Rows
        label="Routes"
        columns={columns}
        rows={rows}
        keyOf={({ route }) => route.name}
        empty={emptyWords(reading, "No route is configured.")}
      />
    </section>
  );
}

function answerOf(reply: RouteExplanationReply | undefined): string {
  if (reply === undefined) return "";
  if (reply.route === null) return "No route takes it: 404";
  const subsets = reply.to.flatMap((destination) => subsetText(destination) ?? []);
  return [`Taken by ${foreign(reply.route)}`, ...subsets.map((text) => foreign(text))].join("; ");
}

interface Row {
  route: Route;
  at: number;
  verdict: RouteExplanationReply["routes"][number] | undefined;
}

const columns: readonly Column<Row>[] = [
  { name: "at", title: "#", number: true, by: ({ at }) => at, cell: ({ at }) => at + 1 },
  {
    name: "route",
    title: "Route",
    by: ({ route }) => route.name,
    cell: ({ route }) => <bdi>{foreign(route.name, 80)}</bdi>,
  },
  {
    name: "to",
    title: "Service",
    cell: ({ route }) => (
      <bdi>
        {route.to
          .map(({ weight, ...target }) => {
            const text = serviceText(target);
            return route.to.length > 1 ? `${text} (${weight})` : text;
          })
          .join(", ")}
      </bdi>
    ),
  },
  {
    name: "verdict",
    title: "Test",
    cell: ({ verdict }) =>
      verdict === undefined ? (
        ""
      ) : (
        <span class={`verdict ${verdict.verdict}`}>
          {verdict.verdict === "no" ? foreign(verdict.reasons.join("; ")) : words[verdict.verdict]}
        </span>
      ),
  },
];

const words = { chosen: "takes it", later: "would fit, but comes later", no: "" };
