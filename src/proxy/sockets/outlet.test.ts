import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, Socket } from "node:net";
import { test } from "node:test";
import * as fc from "fast-check";
import { Outlet } from "./outlet.ts";

/** A socket that Node knows nothing special of: all goes through its stream. */
class OtherSocket extends Socket {}

type Step = { kind: "text" | "bytes"; length: number } | { kind: "flush" };

const lengths = fc.oneof(
  fc.nat(200),
  fc.constantFrom(8_191, 8_192, 8_193, 20_480, 32_768, 65_536, 81_920),
  fc.nat(200_000),
);
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom("text" as const, "bytes" as const), length: lengths }),
    fc.constant({ kind: "flush" as const }),
  ),
  { maxLength: 12 },
);

for (const [what, make] of [
  ["a plain socket", () => new Socket()],
  ["another socket", () => new OtherSocket()],
] as const) {
  test(`into ${what}: whatever is collected, comes out as it was put in`, async (context) => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = make();
    context.after(() => {
      socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const [[far]] = (await Promise.all([
      once(server, "connection"),
      once(socket.connect({ port, host: "127.0.0.1" }), "connect"),
    ])) as [[Socket], []];
    let received = "";
    far.setEncoding("latin1").on("data", (text) => (received += text));
    const outlet = new Outlet(socket);
    // One buffer for all, as a read buffer is: what was given must have been copied.
    const shared = Buffer.alloc(200_000);
    let count = 0;
    const run = async (sequence: readonly Step[]): Promise<void> => {
      let expected = "";
      received = "";
      for (const step of sequence) {
        if (step.kind === "flush") {
          outlet.flush();
          continue;
        }
        count += 1;
        const content = String(count)
          .padEnd(7, ".")
          .repeat(Math.ceil(step.length / 7))
          .slice(0, step.length);
        expected += content;
        if (step.kind === "text") outlet.text(content);
        else outlet.bytes(shared, 0, shared.write(content, "latin1"));
        shared.fill("#");
      }
      outlet.flush();
      while (received.length < expected.length) await once(far, "data");
      assert.ok(received === expected, "the bytes are others");
    };
    await fc.assert(fc.asyncProperty(steps, run), { numRuns: 60 });
  });
}

test("what one read brings in small pieces, as frames of a link do, goes out in one write", () => {
  const socket = new OtherSocket();
  const written: number[] = [];
  socket.write = (bytes: Uint8Array) => written.push(bytes.length) > 0;
  const outlet = new Outlet(socket);
  const frame = Buffer.alloc(16_384, "x");
  outlet.text("HTTP/1.1 200 OK\r\n\r\n");
  for (let piece = 0; piece < 4; piece += 1) outlet.bytes(frame, 0, frame.length);
  assert.deepEqual(written, []);
  outlet.flush();
  assert.deepEqual(written, [4 * frame.length + 19]);
});
