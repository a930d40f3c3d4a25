import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { SupervisorError } from "../supervisor/supervisor-error.ts";
import { Failure } from "./failure.ts";
import type { ControlOptions } from "./find-control.ts";
import { openTestingControl } from "./testing-control.ts";
import { ps } from "./verbs/ps.ts";
import type { Terminal } from "./terminal.ts";
import { watched } from "./watch.ts";

function terminal(isScreen: boolean): Terminal & { written: string[] } {
  const written: string[] = [];
  return {
    columns: 80,
    isScreen,
    written,
    out: (line) => void written.push(line),
    note: (line) => void written.push(`note: ${line}`),
    paint: (_, text) => text,
  };
}

/** Reads until it was read so often. */
function read(
  count: number,
  screen: Terminal,
  answer: (time: number, page: Terminal) => void,
): Promise<number> {
  const stop = new AbortController();
  let times = 0;
  return watched(
    { watch: "0.1" },
    screen,
    async (_, page) => {
      times += 1;
      if (times === count) stop.abort();
      answer(times, page);
      return Promise.resolve(0);
    },
    () => stop.signal,
  );
}

test("without --watch it is read once, straight to the terminal", async () => {
  const screen = terminal(true);
  assert.equal(
    await watched({}, screen, (_, page) => {
      page.note("no workers");
      return Promise.resolve(1);
    }),
    1,
  );
  assert.deepEqual(screen.written, ["note: no workers"]);
});

test("each time the whole page at once; on a screen over the one before", async () => {
  for (const [isScreen, before] of [
    [true, "\u001B[H\u001B[J"],
    [false, ""],
  ] as const) {
    const screen = terminal(isScreen);
    const code = await read(2, screen, (time, page) => {
      page.out(`time ${time}`);
      page.out("more");
    });
    assert.deepEqual([code, screen.written], [0, [`${before}time 1\nmore`, `${before}time 2\nmore`]]);
  }
});

test("however long it is watched, nothing more waits for the end", async () => {
  const stop = new AbortController();
  const waiting: number[] = [];
  await watched(
    { watch: "0.1" },
    terminal(true),
    () => {
      waiting.push(getEventListeners(stop.signal, "abort").length);
      if (waiting.length === 3) stop.abort();
      return Promise.resolve(0);
    },
    () => stop.signal,
  );
  assert.deepEqual(waiting, [0, 0, 0]);
});

test("off a screen what is for the eyes alone stays out of the data", async () => {
  const pipe = terminal(false);
  await read(2, pipe, (time, page) => {
    if (time === 1) page.note("no workers");
    else page.out("{}");
  });
  assert.deepEqual(pipe.written, ["note: no workers", "{}"]);
});

test("an interruption ends a read that gets no answer", async (t) => {
  const stop = new AbortController();
  const control = await openTestingControl(() => () => stop.abort());
  t.after(() => control.close());
  const screen = terminal(false);
  let ending: unknown;
  const read = (options: ControlOptions, page: Terminal): Promise<number> =>
    ps(options, page).catch((error: unknown) => {
      ending = error;
      throw error;
    });
  const options = { watch: "86400", control: control.address };
  assert.equal(await watched(options, screen, read, () => stop.signal), 0);
  assert.deepEqual(
    [ending, screen.written],
    [stop.signal.reason, []],
    "it did not wait until nobody answered",
  );
});

for (const [what, error] of [
  ["a failure", new Failure("nobody answers")],
  ["a supervisor that has ended", new SupervisorError("no-answer", "nobody answers")],
  ["one that was just replaced", new SupervisorError("busy", "nobody answers")],
] as const) {
  test(`${what} is shown, and it goes on`, async () => {
    const screen = terminal(false);
    await read(2, screen, (time, page) => {
      if (time === 1) throw error;
      page.out("back");
    });
    assert.deepEqual(screen.written, ["note: nobody answers", "back"]);
  });
}

test("a wrong command line ends it, and so does a gateway of another user", async () => {
  const screen = terminal(false);
  await assert.rejects(
    read(2, screen, () => {
      throw new SupervisorError("not-allowed", "another user's");
    }),
    /another user's/,
  );
  await assert.rejects(
    read(2, screen, () => {
      throw new Failure("wrong", 2);
    }),
    /wrong/,
  );
  await assert.rejects(
    watched({ watch: "often" }, screen, () => Promise.resolve(0)),
    /--watch: "often"/,
  );
});
