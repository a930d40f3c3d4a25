import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { endFlag, FrameBuffers, frameKind } from "../../link/link.ts";
import { newSharedLoad, sharedLoadIn } from "../shared-load.ts";
import { systemClock } from "../../runtime/clock.ts";
import { LinkOutput, outputLimits } from "./link-output.ts";

/** Keeps what is written: the kernel takes nothing. */
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

const { heldMsMax, standstillMs, promptTimes } = outputLimits;

/** A service's turns, in virtual time. */
class Turns {
  nowMs = 1_000;
  readonly #socket = new StuckSocket();
  readonly #output = new LinkOutput(this.#socket, new FrameBuffers(), sharedLoadIn(newSharedLoad()));
  #id = 0;

  constructor(t: TestContext) {
    t.mock.method(systemClock, "now", () => this.nowMs);
  }

  get writes(): number {
    return this.#socket.kept.length;
  }

  /** The handler of a request that came now answers. */
  answers(): void {
    const cameAtMs = this.nowMs;
    this.#id += 1;
    this.#output.answerBegan(cameAtMs);
    this.#output.frames.text(frameKind.answer, this.#id, endFlag, "x");
    this.#output.written();
  }

  worksFor(ms: number): void {
    this.nowMs += ms;
  }

  /** Everything of `work` is of one turn: by one read of the link, or by whatever else. */
  async turn(by: "read" | "others", work: () => void): Promise<void> {
    if (by === "read") this.#output.readBegins();
    work();
    if (by === "read") this.#output.readEnds();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

for (const by of ["read", "others"] as const) {
  test(`${by}: after work that held up an answer, answers go out at once for a while`, async (t) => {
    const turns = new Turns(t);
    const workMs = 1_000;
    await turns.turn(by, () => {
      turns.answers();
      turns.worksFor(workMs);
      assert.equal(turns.writes, 0);
    });
    assert.equal(turns.writes, 1);
    await turns.turn(by, () => {
      turns.answers();
      assert.equal(turns.writes, 2);
      turns.answers();
      assert.equal(turns.writes, 3);
      turns.worksFor(workMs);
    });
    // That was another one.
    turns.worksFor(promptTimes * workMs - 1);
    await turns.turn(by, () => {
      turns.answers();
      assert.equal(turns.writes, 4);
    });
    turns.worksFor(2);
    await turns.turn(by, () => turns.answers());
    await turns.turn(by, () => {
      const before = turns.writes;
      turns.answers();
      turns.answers();
      assert.equal(turns.writes, before);
    });
  });

  test(`${by}: many short ones are written together, and none waits for long`, async (t) => {
    const turns = new Turns(t);
    await turns.turn(by, () => {
      for (let n = 0; n < 100; n += 1) {
        turns.worksFor(1);
        turns.answers();
      }
    });
    const writes = Math.ceil(100 / (heldMsMax + 1));
    assert.ok(turns.writes >= writes - 1 && turns.writes <= writes + 1, String(turns.writes));
    await turns.turn(by, () => {
      const before = turns.writes;
      turns.answers();
      turns.worksFor(standstillMs);
      assert.equal(turns.writes, before);
    });
  });
}

test("between two turns nothing is held: no time that passes there counts", async (t) => {
  const turns = new Turns(t);
  for (const by of ["others", "read", "others"] as const) {
    await turns.turn(by, () => turns.answers());
    turns.worksFor(10_000);
    const before = turns.writes;
    await turns.turn(by, () => {
      turns.answers();
      assert.equal(turns.writes, before);
    });
    turns.worksFor(10_000);
  }
});
