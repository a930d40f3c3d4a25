import type { ComponentChild } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { asked, type Change, notice, setDrain, setWeight } from "../actions.ts";
import { foreign } from "../format.ts";

/** Asks before anything is changed. The browser's own dialog keeps the focus, and Escape leaves it. */
export function Confirm(): ComponentChild {
  const change = asked.value;
  return change === undefined ? null : <Question key={change.worker.key} change={change} />;
}

function Question({ change }: { change: Change }): ComponentChild {
  const dialog = useRef<HTMLDialogElement>(null);
  const { worker } = change;
  const [weight, setText] = useState(String(worker.weight));
  useEffect(() => dialog.current?.showModal(), []);
  const valid = change.kind !== "weight" || /^\d{1,5}(\.\d{1,3})?$/.test(weight);
  const apply = (event: Event): void => {
    event.preventDefault();
    if (!valid) return;
    // Closed, not taken away: the focus goes back to where it was.
    dialog.current?.close();
    if (change.kind === "weight") void setWeight(worker, Number(weight), worker.weight);
    else void setDrain(worker, change.kind === "drain");
  };
  return (
    <dialog ref={dialog} aria-labelledby="question" onClose={() => (asked.value = undefined)}>
      <form onSubmit={apply}>
        <h2 id="question">{titles[change.kind]}</h2>
        <p class="name">
          <bdi>{foreign(`${worker.service} / ${worker.id}`, 120)}</bdi>
        </p>
        <p>{effects[change.kind]}</p>
        {change.kind === "weight" && (
          <label>
            Weight
            <input
              value={weight}
              inputMode="decimal"
              aria-invalid={!valid}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
        )}
        <div class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={!valid}>
            {verbs[change.kind]}
          </button>
        </div>
      </form>
    </dialog>
  );
}

const titles = {
  drain: "Drain this worker?",
  undrain: "Let this worker serve again?",
  weight: "Set the weight",
};
const verbs = { drain: "Drain", undrain: "Undrain", weight: "Set weight" };
const effects = {
  drain: "It finishes what is in flight and gets nothing new, until it is undrained.",
  undrain: "It gets requests again, as soon as it is live.",
  weight: "Its share of the requests, beside the other workers of its service.",
};

export function NoticeBar(): ComponentChild {
  const shown = notice.value;
  return (
    <div class="notices" role="status">
      {shown !== undefined && (
        <p class={shown.failed ? "notice bad" : "notice"}>
          <span>{shown.text}</span>
          {shown.undo !== undefined && (
            <button type="button" onClick={() => void shown.undo?.()}>
              Undo
            </button>
          )}
          <button type="button" aria-label="Dismiss" onClick={() => (notice.value = undefined)}>
            ×
          </button>
        </p>
      )}
    </div>
  );
}
