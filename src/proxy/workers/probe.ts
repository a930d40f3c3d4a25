import type { Dialled } from "../../runtime/dial.ts";
import type { Deadline } from "../timer-wheel.ts";

export type ProbeResult = "passed" | "refused" | "silent";

/**
 * Asks a worker on a new connection: whether it accepts one (`path` undefined), or whether it answers a byte.
 * `deadline` is made by the caller; when it fires the worker is silent. `done` is called once.
 */
export function probe(
  { socket, established }: Dialled,
  question: { path: string | undefined; authority: string },
  makeDeadline: (fire: () => void) => Deadline,
  done: (result: ProbeResult) => void,
): void {
  let over = false;
  const finish = (result: ProbeResult): void => {
    if (over) return;
    over = true;
    deadline.dispose();
    socket.destroy();
    done(result);
  };
  const deadline = makeDeadline(() => finish("silent"));
  socket.on(established, () => {
    const { path, authority } = question;
    if (path === undefined) finish("passed");
    else
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: skein-probe\r\nConnection: close\r\n\r\n`,
        "latin1",
      );
  });
  socket.on("data", () => finish("passed"));
  socket.on("error", () => finish("refused"));
  socket.on("close", () => finish("refused"));
}
