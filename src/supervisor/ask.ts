import { createConnection } from "node:net";
import type { GatewayStatus, SupervisorCommand, SupervisorFrame } from "../protocol/supervision.ts";
import { encodeLine, JsonLines } from "../runtime/json-lines.ts";
import { placesIn } from "../runtime/places.ts";
import { SupervisorError, type SupervisorErrorCode } from "./supervisor-error.ts";

/** Longer than a configuration may take to evaluate, and than a new supervisor may take to start. */
const answerWithinMs = 30_000;

/**
 * Says one word to the supervisor of the gateway in `stateDirectory` and gives its answer. Throws a
 * `SupervisorError`: `not-running` when nobody is there, else what the supervisor refused and why.
 */
export function askSupervisor(stateDirectory: string, command: SupervisorCommand): Promise<GatewayStatus> {
  const socket = createConnection(placesIn(stateDirectory).supervisorSocket);
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
      () => fail("no-answer", `the supervisor did not answer within ${answerWithinMs} ms: is it stopped?`),
      answerWithinMs,
    );
    socket.on("connect", () => socket.write(encodeLine({ t: "command", command })));
    socket.on("error", () =>
      fail(
        "not-running",
        `no gateway runs with the state directory ${stateDirectory}: start one with \`skein up\``,
      ),
    );
    socket.on("close", () => fail("no-answer", "the supervisor ended before it answered"));
    socket.on("data", (chunk: Buffer) => {
      for (const frame of lines.push(chunk) as SupervisorFrame[]) {
        if (frame.t !== "reply") continue;
        if (frame.ok) settle(() => resolve(frame.status));
        else fail(frame.code as SupervisorErrorCode, frame.detail);
      }
    });
  });
}
