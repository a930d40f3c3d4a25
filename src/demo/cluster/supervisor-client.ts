import { connect } from "node:net";
import type {
  ChildFrame,
  GatewayStatus,
  SupervisorCommand,
  SupervisorFrame,
} from "../../protocol/supervision.ts";

/** One command to the supervisor over its unix socket, as the CLI gives it. Rejects when nobody answers. */
export async function commandSupervisor(
  socketPath: string,
  command: SupervisorCommand,
  timeoutMs = 2000,
): Promise<GatewayStatus> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ path: socketPath });
    let text = "";
    const fail = (detail: string): void => {
      socket.destroy();
      reject(new Error(`the supervisor did not do "${command.name}": ${detail}`));
    };
    socket.setTimeout(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`));
    socket.on("error", (error) => fail(error.message));
    socket.on("end", () => fail("it closed the connection"));
    socket.on("connect", () => {
      const frame: ChildFrame = { t: "command", command };
      socket.write(`${JSON.stringify(frame)}\n`);
    });
    socket.setEncoding("utf8");
    socket.on("data", (piece: string) => {
      text += piece;
      const lineEnd = text.indexOf("\n");
      if (lineEnd === -1) return;
      socket.destroy();
      const frame = JSON.parse(text.slice(0, lineEnd)) as SupervisorFrame;
      if (frame.t === "reply" && frame.ok) resolve(frame.status);
      else fail(frame.t === "reply" ? `${frame.code}: ${frame.detail}` : `it said "${frame.t}"`);
    });
  });
}
