import { connect } from "node:net";
import type { Deadline } from "./timer-wheel.ts";

export type ProbeResult = "passed" | "refused" | "silent";

/**
 * Asks a worker on a new connection: whether it accepts one (`path` undefined), or whether it answers a byte.
 * `deadline` is made by the caller; when it fires the worker is silent. `done` is called once.
 */
export function probe(
  target: { host: string; port: number; path: string | undefined; authority: string },
  makeDeadline: (fire: () => void) => Deadline,
  done: (result: ProbeResult) => void,
): void {
  const socket = connect({ host: target.host, port: target.port, noDelay: true });
  let over = false;
  const finish = (result: ProbeResult): void => {
    if (over) return;
    over = true;
    deadline.dispose();
    socket.destroy();
    done(result);
  };
  const deadline = makeDeadline(() => finish("silent"));
  socket.on("connect", () => {
    if (target.path === undefined) finish("passed");
    else
      socket.write(
        `GET ${target.path} HTTP/1.1\r\nHost: ${target.authority}\r\nUser-Agent: skein-probe\r\nConnection: close\r\n\r\n`,
        "latin1",
      );
  });
  socket.on("data", () => finish("passed"));
  socket.on("error", () => finish("refused"));
  socket.on("close", () => finish("refused"));
}
