import type { ComponentChild } from "preact";
import { useEffect } from "preact/hooks";
import type { DemoFault, DemoOutcome, DemoReply } from "../../../src/protocol/demo.ts";
import { asked } from "../actions.ts";
import { breakQuestion, broken, heal, unheard, watchBroken } from "../broken.ts";
import { count, foreign, milliseconds } from "../format.ts";
import { Flight } from "../parts/flight.tsx";
import { Time } from "../parts/time.tsx";
import { cluster } from "../state.ts";
import "../style/break.css";

/** Only in the demo: breaks its own processes, and tells what its own clients saw of it. */
export function Break(): ComponentChild {
  useEffect(watchBroken, []);
  const reply = broken.value;
  if (reply === undefined) {
    return unheard.value === undefined ? null : (
      <p class="empty" role="alert">
        {unheard.value}
      </p>
    );
  }
  const [latest, ...before] = reply.outcomes;
  return (
    <section class="page break">
      <div class="bar">
        <h1>Break things</h1>
        <span class="muted">
          under {reply.requestsPerSecond} requests a second, one thing at a time; what can be undone is, after
          eight seconds
        </span>
      </div>
      <div class="beside">
        <Choices reply={reply} busy={latest !== undefined && latest.stage !== "over"} />
        <Outcome outcome={latest} faults={reply.faults} />
      </div>
      <div class="panel">
        <Flight />
      </div>
      <Earlier outcomes={before} faults={reply.faults} />
    </section>
  );
}

function Choices({ reply, busy }: { reply: DemoReply; busy: boolean }): ComponentChild {
  const readOnly = cluster.value?.operator !== true;
  const why = readOnly
    ? "Read-only: open the login link that skein printed"
    : busy
      ? "One thing at a time"
      : undefined;
  const button = (fault: DemoFault, worker?: string): ComponentChild => (
    <button
      key={fault.name}
      type="button"
      // Not `disabled`: who pressed it by keyboard keeps the focus while it is in force.
      aria-disabled={why !== undefined}
      title={why ?? fault.effect}
      aria-label={worker === undefined ? fault.verb : `${fault.verb} ${worker}`}
      onClick={() => {
        if (why === undefined) asked.value = breakQuestion(fault, worker);
      }}
    >
      {fault.verb}
    </button>
  );
  const of = (on: DemoFault["on"]): DemoFault[] => reply.faults.filter((fault) => fault.on === on);
  return (
    <div class="panel choices">
      <h2>A worker</h2>
      <ul>
        {reply.workers.map((worker) => (
          <li key={worker}>
            <bdi>{foreign(worker, 40)}</bdi>
            <span class="buttons">{of("worker").map((fault) => button(fault, worker))}</span>
          </li>
        ))}
      </ul>
      <h2>The gateway</h2>
      <span class="buttons">{of("gateway").map((fault) => button(fault))}</span>
    </div>
  );
}

interface Told {
  outcome: DemoOutcome;
  faults: readonly DemoFault[];
}

function Outcome({
  outcome,
  faults,
}: {
  outcome: DemoOutcome | undefined;
  faults: readonly DemoFault[];
}): ComponentChild {
  if (outcome === undefined) {
    return (
      <div class="panel outcome">
        <h2>What came of it</h2>
        <p class="empty">Nothing is broken yet. Press a button, and the clients' account stands here.</p>
      </div>
    );
  }
  const { clients, complaints } = outcome;
  const undo = faults.find(({ name }) => name === outcome.fault)?.undo;
  return (
    <div class="panel outcome">
      <h2>
        <bdi>{titleOf(outcome, faults)}</bdi>
      </h2>
      <p class="loss">
        <strong class={clients.failed > 0 ? "bad" : "good"}>{count(clients.failed)}</strong> of{" "}
        {count(clients.requests)} requests failed
      </p>
      <p class="now" role="status">
        {stageWords(outcome)}
      </p>
      {outcome.stage === "holds" && undo !== undefined && (
        <button type="button" class="primary" onClick={() => void heal()}>
          {undo}
        </button>
      )}
      <Figures outcome={outcome} faults={faults} />
      {complaints.map((complaint) => (
        <p key={complaint} class="bad">
          {foreign(complaint, 300)}
        </p>
      ))}
    </div>
  );
}

function Figures({ outcome, faults }: Told): ComponentChild {
  const { clients, choice } = outcome;
  const noticed = faults.find(({ name }) => name === outcome.fault)?.noticed ?? "Noticed after";
  const figures: readonly [string, string | undefined][] = [
    [noticed, outcome.noticedMs === undefined ? undefined : milliseconds(outcome.noticedMs)],
    [
      "Last request sent to it after",
      choice === undefined
        ? undefined
        : `${milliseconds(choice.lastMs)} (${count(choice.sent)} while it held)`,
    ],
    ["Full service after", outcome.wholeMs === undefined ? undefined : milliseconds(outcome.wholeMs)],
    ["Slowest", milliseconds(clients.slowestMs)],
    ["Late, over 1 s", count(clients.late)],
    ["Still waiting", outcome.stage === "over" && clients.waiting === 0 ? undefined : count(clients.waiting)],
    ["On a lost proxy's connections", clients.onLostProxy === 0 ? undefined : count(clients.onLostProxy)],
    ["POSTs told outcome-unknown", clients.outcomeUnknown === 0 ? undefined : count(clients.outcomeUnknown)],
    ["POSTs executed twice", clients.executedTwice === undefined ? undefined : count(clients.executedTwice)],
  ];
  return (
    <dl class="facts">
      {figures.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function stageWords({ stage, holdsForMs = 0 }: DemoOutcome): string {
  if (stage === "holds") return `It holds, for ${Math.ceil(holdsForMs / 1000)} s more.`;
  return stage === "mends"
    ? "It is undone; waiting until nothing is missing and every request has its end."
    : "It is over.";
}

function titleOf({ fault, worker }: DemoOutcome, faults: readonly DemoFault[]): string {
  const verb = faults.find(({ name }) => name === fault)?.verb ?? fault;
  return worker === undefined ? verb : `${verb} ${foreign(worker, 40)}`;
}

function Earlier({
  outcomes,
  faults,
}: {
  outcomes: readonly DemoOutcome[];
  faults: readonly DemoFault[];
}): ComponentChild {
  if (outcomes.length === 0) return null;
  return (
    <div class="panel">
      <h2>Before that</h2>
      <ol class="earlier">
        {outcomes.map((outcome) => (
          <li key={outcome.number}>
            <Time at={outcome.at} />
            <bdi>{titleOf(outcome, faults)}</bdi>
            <span class={outcome.clients.failed > 0 ? "bad" : ""}>
              {count(outcome.clients.failed)} of {count(outcome.clients.requests)} failed
            </span>
            <span class="muted">
              noticed {milliseconds(outcome.noticedMs)}, full service {milliseconds(outcome.wholeMs)}, slowest{" "}
              {milliseconds(outcome.clients.slowestMs)}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
