import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test } from "node:test";
import { FrameBuffers, frameKind } from "../../link/link.ts";
import { newSharedLoad, sharedLoadIn } from "../shared-load.ts";
import { LinkOutput } from "./link-output.ts";

/** The kernel takes nothing. */
class StuckSocket extends Socket {
  readonly kept: Uint8Array[] = [];

  override write(bytes: Uint8Array | string): boolean {
    assert.ok(typeof bytes !== "string");
    this.kept.push(bytes);
    return super.write(bytes);
  }

  override _write(): void {}
}

test("what waits for a proxy that does not read takes little more memory than its bytes", () => {
  const socket = new StuckSocket();
  const output = new LinkOutput(socket, new FrameBuffers(), sharedLoadIn(newSharedLoad()));
  const sent: string[] = [];
  for (let turn = 0; turn < 50; turn += 1) {
    const length = turn % 10 === 0 ? 30_000 : 200;
    output.frames.text(frameKind.answer, turn + 1, 0, String.fromCharCode(65 + turn).repeat(length));
    sent.push(Buffer.from(output.frames.collected()).toString("latin1"));
    output.flush();
  }
  assert.deepEqual(
    socket.kept.map((one) => Buffer.from(one).toString("latin1")),
    sent,
  );
  const memory = new Set(socket.kept.map(({ buffer }) => buffer));
  const held = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(held <= 4 * socket.writableLength + 2 * 65_536, `${held} bytes for ${socket.writableLength}`);
});
