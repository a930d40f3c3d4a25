import { signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { useEffect } from "preact/hooks";
import type { ExplainedRequest, RequestsReply } from "../../../src/protocol/requests.ts";
import { foreign, milliseconds } from "../format.ts";
import { ask } from "../net/ask.ts";
import { emptyWords, newReading } from "../reading.ts";
import { type Column, Rows } from "../parts/rows.tsx";
import { Time } from "../parts/time.tsx";

const views = {
  tail: { title: "Live tail", query: "" },
  failed: { title: "Failed", query: "&kept=failed" },
  slowest: { title: "Slowest", query: "&slowest=1" },
} as const;
type View = keyof typeof views;

const everyMs = 1_000;
const view = signal<View>("tail");
const held = signal(false);
const filter = signal("");
const reading = newReading<RequestsReply>();
const { reply, wrong } = reading;

/** Where the page of a request is. */
export function pathOf({ id }: Pick<ExplainedRequest, "id">): string {
  return `#/request/${encodeURIComponent(id)}`;
}

/** Reads again and again, one question after the other, while somebody looks. */
function follow(shown: View, paused: boolean): (() => void) | undefined {
  if (paused) return undefined;
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = async (): Promise<void> => {
    try {
      if (document.visibilityState === "visible" || reply.value === undefined) {
        reply.value = await ask<RequestsReply>(`requests?limit=100${views[shown].query}`, abort.signal);
        wrong.value = undefined;
      }
    } catch (error) {
      if (abort.signal.aborted) return;
      wrong.value = error instanceof Error ? error.message : String(error);
    }
    if (!abort.signal.aborted) timer = setTimeout(() => void read(), everyMs);
  };
  void read();
  return () => {
    clearTimeout(timer);
    abort.abort();
  };
}

export function Requests(): ComponentChild {
  useEffect(() => follow(view.value, held.value), [view.value, held.value]);
  const all = reply.value?.requests ?? [];
  const shown = all.filter(fitting(filter.value));
  return (
    <section class="page">
      <div class="bar">
        <h1>Requests</h1>
        <div class="tabs" role="group" aria-label="Which">
          {(Object.keys(views) as View[]).map((name) => (
            <button key={name} type="button" aria-pressed={view.value === name} onClick={() => look(name)}>
              {views[name].title}
            </button>
          ))}
        </div>
        <button type="button" aria-pressed={held.value} onClick={() => (held.value = !held.value)}>
          {held.value ? "Go on" : "Hold"}
        </button>
        <label class="filter">
          <span class="unseen">Filter</span>
          <input
            type="search"
            placeholder="Filter: id, path, cause, service, worker"
            value={filter.value}
            onInput={(event) => (filter.value = event.currentTarget.value)}
          />
        </label>
      </div>
      <Trouble />
      <Rows
        label="Requests"
        columns={columns}
        rows={shown}
        keyOf={({ proxy, id, at }) => `${proxy} ${id} ${at}`}
        empty={emptyWords(
          reading,
          all.length === 0 ? "No proxy remembers a request." : "No request fits the filter.",
        )}
      />
    </section>
  );
}

function look(name: View): void {
  if (view.value !== name) reply.value = undefined;
  view.value = name;
}

function Trouble(): ComponentChild {
  const silent = reply.value?.asked.silent ?? [];
  if (wrong.value !== undefined) {
    return (
      <p class="bad" role="alert">
        {foreign(wrong.value)}
      </p>
    );
  }
  if (silent.length === 0) return null;
  return (
    <p class="muted">No answer from {foreign(silent.join(", "))}: what they remember is missing here.</p>
  );
}

function fitting(text: string): (request: ExplainedRequest) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ id, method, host, path, status, code, service, tries, why }) => {
    const workers = tries.map(({ worker }) => worker).join(" ");
    const all = `${id} ${method} ${host}${path} ${status} ${code ?? ""} ${service ?? ""} ${why.cause} ${workers}`;
    return words.every((word) => all.toLowerCase().includes(word));
  };
}

const columns: readonly Column<ExplainedRequest>[] = [
  { name: "at", title: "Time", by: ({ at }) => at, cell: ({ at }) => <Time at={at} /> },
  {
    name: "status",
    title: "Status",
    by: ({ status }) => status,
    cell: ({ status, kept }) => <span class={`kept ${kept}`}>{status}</span>,
  },
  {
    name: "request",
    title: "Request",
    cell: (request) => (
      <a class="name" href={pathOf(request)}>
        <bdi>{nameOf(request)}</bdi>
      </a>
    ),
  },
  { name: "cause", title: "Cause", by: ({ why }) => why.cause, cell: ({ why }) => foreign(why.cause, 40) },
  {
    name: "service",
    title: "Service",
    spare: 1,
    by: ({ service }) => service ?? "",
    cell: ({ service }) => <bdi>{foreign(service ?? "", 40)}</bdi>,
  },
  {
    name: "workers",
    title: "Tried",
    spare: 2,
    cell: ({ tries }) => <bdi>{foreign(tries.map(({ worker }) => worker).join(", "), 80)}</bdi>,
  },
  {
    name: "took",
    title: "Took",
    number: true,
    by: ({ tookMs }) => tookMs,
    cell: ({ tookMs }) => milliseconds(tookMs),
  },
];

/** As its client wrote it. */
export function nameOf({ method, host, path }: ExplainedRequest): string {
  return method === "" ? "(not understood)" : foreign(`${method} ${host}${path}`, 120);
}
