import { connect as dial } from "node:net";
import type { Connect } from "../../worker/connection.ts";

const opcodes = { text: 0x1, close: 0x8, ping: 0x9, pong: 0xa } as const;
const final = 0x80;
const masked = 0x80;
/** With a key of zeros a masked payload reads as it is. */
const noMask = Buffer.alloc(4);
const endOfHead = "\r\n\r\n";

/**
 * A worker's connection as the SDK opens it, with the little that a crowd needs: thousands of workers of one process must not
 * cost more than what they are measured against. No proxy, no TLS, nothing is checked of who answers.
 */
export const lightConnect: Connect = (url, events) => {
  const { hostname, port, host } = new URL(url);
  const socket = dial({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true });
  const frames = new ServerFrames();
  let open = false;
  let reason = "closed by the controller";
  const write = (opcode: number, payload: Buffer): void => {
    if (open && socket.writable) socket.write(frameOf(opcode, payload));
  };
  socket.on("connect", () => socket.write(openingOf(host)));
  socket.on("data", (bytes: Buffer) => {
    let rest = bytes;
    if (!open) {
      const end = bytes.indexOf(endOfHead);
      if (end === -1 || !bytes.toString("latin1", 0, 12).startsWith("HTTP/1.1 101")) {
        reason = bytes.toString("latin1", 0, 30);
        socket.destroy();
        return;
      }
      open = true;
      rest = bytes.subarray(end + endOfHead.length);
      events.opened();
    }
    frames.read(rest, (opcode, payload) => {
      if (opcode === opcodes.text) events.received(payload.toString());
      else if (opcode === opcodes.ping) write(opcodes.pong, payload);
      else if (opcode === opcodes.pong) events.alive();
      else if (opcode === opcodes.close && socket.writable) socket.end(frameOf(opcodes.close, payload));
    });
  });
  // What the other side has ended is over: no word of farewell, which would be another system call.
  socket.on("end", () => socket.destroy());
  socket.on("error", (error: NodeJS.ErrnoException) => (reason = error.code ?? error.message));
  socket.on("close", () => events.closed(reason));
  return {
    send: (text) => write(opcodes.text, Buffer.from(text)),
    ping: () => write(opcodes.ping, Buffer.alloc(0)),
    close() {
      write(opcodes.close, Buffer.of(0x03, 0xe8));
      socket.end();
    },
    destroy: () => socket.destroy(),
    bufferedBytes: () => socket.writableLength,
  };
};

function openingOf(host: string): string {
  return (
    `GET /v1/session HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
  );
}

function frameOf(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head =
    length < 126
      ? Buffer.of(final | opcode, masked | length)
      : Buffer.of(final | opcode, masked | 126, length >> 8, length & 0xff);
  return Buffer.concat([head, noMask, payload]);
}

/** Frames as a server sends them: whole messages, of less than 64 KB. */
class ServerFrames {
  #kept: Buffer = Buffer.alloc(0);

  read(bytes: Buffer, take: (opcode: number, payload: Buffer) => void): void {
    let rest = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes]);
    for (;;) {
      const short = (rest[1] ?? 0) & 0x7f;
      const from = short === 126 ? 4 : 2;
      if (rest.length < from) break;
      const length = short === 126 ? rest.readUInt16BE(2) : short;
      if (rest.length < from + length) break;
      take((rest[0] ?? 0) & 0x0f, rest.subarray(from, from + length));
      rest = rest.subarray(from + length);
    }
    this.#kept = rest;
  }
}
