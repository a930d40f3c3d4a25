import { createConnection } from "node:net";
import type { GatewayStatus, SupervisorCommand, SupervisorFrame } from "../protocol/supervision.ts";
import { encodeLine, JsonLines } from "../runtime/json-lines.ts";
import { placesIn } from "../runtime/places.ts";
import { readLock } from "../runtime/process-lock.ts";
import { foreignText } from "./foreign-gateway.ts";
import { livingChildren } from "./living.ts";
import { errorCode, SupervisorError, type SupervisorErrorCode } from "./supervisor-error.ts";

/** Longer than a configuration may take to evaluate, and than a new supervisor may take to start. */
const answerWithinMs = 30_000;
const endedAmid =
  "the supervisor ended before it answered: an upgrade or a stop was under way. `skein status` shows what runs now";

export interface Asking {
  /** Ends it. */
  signal?: AbortSignal | undefined;
  /** What the operator has typed, where it is not the command itself. */
  verb?: string | undefined;
}

/**
 * Says one word to the supervisor of the gateway in `stateDirectory` and gives its answer. Throws a
 * `SupervisorError`: `not-running` when nobody is there, `not-allowed` when this user may not ask, else what the supervisor
 * refused and why.
 */
export function askSupervisor(
  stateDirectory: string,
  command: SupervisorCommand,
  withinMs = answerWithinMs,
  { signal, verb = command.name }: Asking = {},
): Promise<GatewayStatus> {
  const places = placesIn(stateDirectory);
  const socket = createConnection({
    path: places.supervisorSocket,
    ...(signal === undefined ? {} : { signal }),
  });
  const lines = new JsonLines();
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(deadline);
      socket.destroy();
      act();
    };
    const fail = (code: SupervisorErrorCode, detail: string): void =>
      settle(() => reject(new SupervisorError(code, detail)));
    const deadline = setTimeout(
      () => fail("no-answer", silenceOf(command, readLock(places.supervisorLock)?.pid, withinMs)),
      withinMs,
    );
    socket.on("connect", () => socket.write(encodeLine({ t: "command", command })));
    socket.on("error", (error) => {
      if (isForbidden(error)) return fail("not-allowed", foreignText(places, verb));
      const orphans = livingChildren(places).length;
      if (orphans > 0) fail("no-answer", absenceOf(orphans));
      else
        fail(
          "not-running",
          `no gateway runs with the state directory ${stateDirectory}: start one with \`skein up\``,
        );
    });
    socket.on("close", () => fail("no-answer", endedAmid));
    socket.on("data", (chunk: Buffer) => {
      for (const frame of lines.push(chunk) as SupervisorFrame[]) {
        if (frame.t !== "reply") continue;
        if (frame.ok) settle(() => resolve(frame.status));
        else fail(frame.code as SupervisorErrorCode, frame.detail);
      }
    });
  });
}

function isForbidden(error: unknown): boolean {
  const code = errorCode(error);
  return code === "EACCES" || code === "EPERM";
}

/** What was asked lies in the socket of a supervisor that stands still: nobody may be surprised by it later. */
function silenceOf({ name }: SupervisorCommand, pid: number | undefined, ms: number): string {
  const who = pid === undefined ? "the supervisor" : `the supervisor (process ${pid})`;
  const deed =
    pid === undefined
      ? ""
      : ` \`kill -CONT ${pid}\` lets it go on; when it is killed, another takes its place.`;
  const later = name === "status" ? "" : ` The ${name} waits for it, and is done when it goes on.`;
  return `${who} did not answer within ${ms / 1_000} s: it is stopped, or the host is overloaded. Requests are served on.${later}${deed}`;
}

function absenceOf(orphans: number): string {
  return (
    `the supervisor has ended; ${orphans} of its processes serve on, and one of them starts a new supervisor within ` +
    "seconds: ask again. If none comes, `skein logs` says why"
  );
}
