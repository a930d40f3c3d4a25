import type { ComponentChild } from "preact";
import type { ExplainedRequest, RequestTry } from "../../../src/protocol/requests.ts";
import { foreign, milliseconds } from "../format.ts";

const ways: Record<RequestTry["way"], string> = {
  link: "link",
  kept: "kept connection",
  new: "new connection",
};

/** Whoever was overtaken did not fail. */
const outcomes: Partial<Record<RequestTry["outcome"], string>> = { answered: "good", overtaken: "muted" };

const spans = ["wait", "connect", "upload", "answer", "body"] as const;
const titles = {
  wait: "before it was chosen",
  connect: "connecting",
  upload: "until it had the whole request",
  answer: "until the first byte",
  body: "until the end",
};

/** Each try as a line of time, from the request's first byte. */
export function Tries({ request }: { request: ExplainedRequest }): ComponentChild {
  if (request.tries.length === 0) return <p class="empty">It was sent to no worker.</p>;
  return (
    <ol class="panel tries">
      {request.tries.map((one, at) => (
        <li key={at}>
          <div class="head">
            <bdi>{foreign(one.worker, 80)}</bdi> <span class="muted">{ways[one.way]}</span>{" "}
            <span class={outcomes[one.outcome] ?? "bad"}>{one.outcome}</span>{" "}
            {one.rule !== undefined && <span class="muted">by the rule {one.rule}</span>}
          </div>
          <Line one={one} totalMs={request.tookMs} />
        </li>
      ))}
    </ol>
  );
}

function Line({ one, totalMs }: { one: RequestTry; totalMs: number }): ComponentChild {
  const sent = one.sentMs ?? one.endMs;
  const whole = one.wholeMs ?? sent;
  // `100 Continue` is a byte as well.
  const byte = Math.max(whole, one.firstByteMs ?? one.endMs);
  const ends = [one.chosenMs, sent, whole, byte, one.endMs];
  const parts = spans.map((name, at) => ({ name, ms: Math.max(0, (ends[at] ?? 0) - (ends[at - 1] ?? 0)) }));
  const said = parts.filter(({ ms }) => ms > 0).map(({ name, ms }) => `${titles[name]} ${milliseconds(ms)}`);
  return (
    <>
      <div class="line" aria-hidden="true">
        {parts.map(({ name, ms }) => (
          <i key={name} class={name} style={{ width: `${totalMs > 0 ? (100 * ms) / totalMs : 0}%` }} />
        ))}
      </div>
      <div class="muted">{said.join(", ")}</div>
    </>
  );
}
