import { signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { useEffect } from "preact/hooks";
import type { ExplainedRequest, RequestReply } from "../../../src/protocol/requests.ts";
import { clock, count, foreign, milliseconds } from "../format.ts";
import { ask } from "../net/ask.ts";
import { Tries } from "../parts/tries.tsx";
import { WorkersConsidered } from "../parts/workers-considered.tsx";
import { page } from "../route.ts";
import { nameOf } from "./requests.tsx";

type Shown =
  | { kind: "reading" }
  | { kind: "there"; request: ExplainedRequest }
  | { kind: "wrong"; why: string };

const shown = signal<Shown>({ kind: "reading" });

function read(path: string): () => void {
  const abort = new AbortController();
  shown.value = { kind: "reading" };
  ask<RequestReply>(`requests/${path}`, abort.signal).then(
    ({ request }) => (shown.value = { kind: "there", request }),
    (error: unknown) => {
      if (abort.signal.aborted) return;
      shown.value = { kind: "wrong", why: error instanceof Error ? error.message : String(error) };
    },
  );
  return () => abort.abort();
}

/** One request: why it ended as it did, each try, and what there was to choose from. */
export function OneRequest(): ComponentChild {
  // As it stands in the address: it was encoded there.
  const path = page.value.split("/")[1] ?? "";
  useEffect(() => read(path), [path]);
  const state = shown.value;
  return (
    <section class="page one">
      <div class="bar">
        <a href="#/requests">Requests</a>
        <h1>
          <bdi>{state.kind === "there" ? nameOf(state.request) : "Request"}</bdi>
        </h1>
      </div>
      {state.kind === "reading" && <p class="empty">Asking the proxies.</p>}
      {state.kind === "wrong" && (
        <p class="empty" role="alert">
          {foreign(state.why, 600)}
        </p>
      )}
      {state.kind === "there" && <Record request={state.request} />}
    </section>
  );
}

function Record({ request }: { request: ExplainedRequest }): ComponentChild {
  const { routes = [], workers, service } = request;
  return (
    <>
      <Why request={request} />
      <Facts request={request} />
      <h2>Tries</h2>
      <Tries request={request} />
      {workers !== undefined && workers.workers > 0 && (
        <>
          <h2>
            Workers of <bdi>{foreign(service ?? "", 60)}</bdi> when it was over
          </h2>
          <WorkersConsidered service={workers} />
        </>
      )}
      {routes.length > 0 && (
        <>
          <h2>Routes</h2>
          <ul class="panel routes">
            {routes.map(({ name, verdict, reasons }) => (
              <li key={name}>
                <bdi class={`verdict ${verdict}`}>{foreign(name, 120)}</bdi>{" "}
                <span class="muted">
                  {verdict === "no" ? foreign(reasons.join("; "), 300) : words[verdict]}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

const words = { chosen: "took it", later: "would fit, but comes later" };

function Why({ request: { why, status, code, kept } }: { request: ExplainedRequest }): ComponentChild {
  return (
    <div class={`panel why ${kept}`}>
      <p class="cause">
        {status} {foreign(code ?? "", 60)} <span class="muted">{foreign(why.cause, 60)}</span>
      </p>
      <p class="what">
        <bdi>{foreign(why.what, 1_500)}</bdi>
      </p>
      <p class="muted">
        <bdi>{foreign(why.rule, 800)}</bdi>
      </p>
      {why.todo !== "" && (
        <p>
          <strong>What to do: </strong>
          <bdi>{foreign(why.todo, 1_500)}</bdi>
        </p>
      )}
    </div>
  );
}

function Facts({ request }: { request: ExplainedRequest }): ComponentChild {
  const facts: readonly [string, string | undefined][] = [
    ["Id", request.id],
    ["Time", `${clock(request.at)} (${request.at})`],
    ["Client", request.client],
    ["Trace", request.traceId],
    ["Query", request.query || undefined],
    ["Proxy", request.proxy],
    ["Route", request.route],
    ["Service", request.service],
    ["Waited for a worker", milliseconds(request.queuedMs)],
    ["Answer began after", request.headMs === undefined ? undefined : milliseconds(request.headMs)],
    ["Over after", milliseconds(request.tookMs)],
    ["Bytes in, out", `${count(request.bytesIn)}, ${count(request.bytesOut)}`],
  ];
  return (
    <dl class="facts panel">
      {facts.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <bdi>{foreign(value, 300)}</bdi>
            </dd>
          </div>
        ),
      )}
    </dl>
  );
}
