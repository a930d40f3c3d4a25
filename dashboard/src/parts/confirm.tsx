import type { ComponentChild } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { asked, holdNotice, notice, type Question, tell } from "../actions.ts";
import { weightMax } from "../../../src/protocol/heartbeat.ts";
import { foreign } from "../format.ts";

const isWeight = (value: number): boolean => value >= 0 && value <= weightMax;

/** Asks before anything is changed. The browser's own dialog keeps the focus, and Escape leaves it. */
export function Confirm(): ComponentChild {
  const question = asked.value;
  return question === undefined ? null : <Dialog key={question} question={question} />;
}

function Dialog({ question }: { question: Question }): ComponentChild {
  const dialog = useRef<HTMLDialogElement>(null);
  const [weight, setText] = useState(String(question.weight));
  useEffect(() => dialog.current?.showModal(), []);
  const valid = question.weight === undefined || (weight.trim() !== "" && isWeight(Number(weight)));
  const apply = (event: Event): void => {
    event.preventDefault();
    if (!valid) return;
    // Closed, not taken away: the focus goes back to where it was.
    dialog.current?.close();
    question.apply(Number(weight));
  };
  const applyOther = (): void => {
    dialog.current?.close();
    question.other?.apply();
  };
  // The browser tells it later: by then another question may have been asked.
  const closed = (): void => {
    if (asked.value === question) asked.value = undefined;
  };
  return (
    <dialog ref={dialog} aria-labelledby="question" onClose={closed}>
      <form onSubmit={apply}>
        <h2 id="question">{question.title}</h2>
        <p class="name">
          <bdi>{foreign(question.subject, 120)}</bdi>
        </p>
        <p>{question.effect}</p>
        {question.weight !== undefined && (
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
          {question.other !== undefined && (
            <button type="button" onClick={applyOther}>
              {question.other.verb}
            </button>
          )}
          <button type="submit" class="primary" disabled={!valid}>
            {question.verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}

export function NoticeBar(): ComponentChild {
  const shown = notice.value;
  return (
    <div class="notices" role="status">
      {shown !== undefined && (
        <p
          class={shown.failed ? "notice bad" : "notice"}
          onMouseEnter={() => holdNotice("pointer", true)}
          onMouseLeave={() => holdNotice("pointer", false)}
          // Who clicked has the focus as well, and is not about to do anything more.
          onFocusIn={({ target }) =>
            holdNotice("focus", target instanceof Element && target.matches(":focus-visible"))
          }
          onFocusOut={() => holdNotice("focus", false)}
        >
          <span>{shown.text}</span>
          {shown.undo !== undefined && (
            <button type="button" onClick={() => void shown.undo?.()}>
              Undo
            </button>
          )}
          <button type="button" aria-label="Dismiss" onClick={() => tell(undefined)}>
            ×
          </button>
        </p>
      )}
    </div>
  );
}
