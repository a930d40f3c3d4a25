import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test } from "node:test";
import { FrameBuffers, frameKind } from "../../link/link.ts";
import { LinkOutput } from "./link-output.ts";

/** The kernel takes nothing. */
class StuckSocket extends Socket {
  readonly kept: Uint8Array[] = [];

  override write(bytes: Uint8Array | string): boolean {
    assert.ok(typeof bytes !== "string");
    this.kept.push(bytes);
    return false;
  }
}

for (const [what, length] of [
  ["little", 200],
  ["much", 40_000],
] as const) {
  test(`where ${what} is written at a time, what waits takes little more memory than its bytes`, () => {
    const socket = new StuckSocket();
    const output = new LinkOutput(socket, new FrameBuffers(), (error) => assert.fail(error));
    for (let turn = 0; turn < 50; turn += 1) {
      output.frames.text(frameKind.request, turn + 1, 0, "x".repeat(length));
      output.flush();
    }
    const bytes = socket.kept.reduce((sum, one) => sum + one.length, 0);
    const memory = new Set(socket.kept.map(({ buffer }) => buffer));
    const held = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
    assert.ok(bytes >= 50 * length);
    // Small pieces come out of what Node shares among them.
    assert.ok(held <= 4 * bytes + 2 * 65_536, `${held} bytes for ${bytes}`);
  });
}
