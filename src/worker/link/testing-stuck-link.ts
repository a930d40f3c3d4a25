import { createServer } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { TestContext } from "node:test";
import { FrameBuffers, frameKind, FrameWriter, proxyProof } from "../../link/link.ts";
import { linkProver } from "../../runtime/link-prover.ts";
import { newSharedLoad, sharedLoadIn } from "../shared-load.ts";
import { testingClock } from "../testing-clock.ts";
import { LinkGreeting } from "./link-greeting.ts";
import { turns } from "./testing-service.ts";
import { WorkerLink } from "./worker-link.ts";

/** A link over a connection whose kernel takes nothing until it is told to. */
export class StuckLink {
  /** What happened, in its order: what was written (taken by the kernel or not), and handlers. */
  readonly log: string[] = [];
  readonly link: WorkerLink;
  readonly clock = testingClock();
  #taken: ((error?: Error) => void) | undefined;
  #nonce = "";
  readonly #key = "k".repeat(64);
  readonly #frames = new FrameWriter(new FrameBuffers());
  readonly #connection: Duplex;

  constructor(t: TestContext) {
    this.#connection = new Duplex({
      read() {},
      write: (chunk: Buffer, _encoding, done) => {
        this.#written(chunk);
        this.#taken = done;
      },
    });
    const connection = Object.assign(this.#connection, { ref() {}, unref() {}, setKeepAlive() {} });
    t.after(() => connection.destroy());
    const server = createServer((request, response) => {
      this.log.push(`${request.method} begins`);
      response.end("x");
    });
    this.link = new WorkerLink(connection as unknown as Socket, new LinkGreeting(linkProver(this.#key), 10), {
      server,
      feed: "requests",
      load: sharedLoadIn(newSharedLoad()),
      buffers: new FrameBuffers(),
      clock: this.clock,
      draining: false,
      refusing: false,
      proven() {},
      closed() {},
    });
  }

  async greet(): Promise<void> {
    const nonce = "0".repeat(32);
    await this.say((frames) =>
      frames.text(frameKind.hello, 0, 0, JSON.stringify({ v: 1, proxy: "p", nonce })),
    );
    const proof = proxyProof(linkProver(this.#key), nonce, this.#nonce);
    await this.say((frames) => frames.text(frameKind.proof, 0, 0, JSON.stringify({ proof })));
  }

  async say(make: (frames: FrameWriter) => void): Promise<void> {
    make(this.#frames);
    this.#connection.push(Buffer.from(this.#frames.collected()));
    this.#frames.reset(true);
    await turns();
  }

  /** The kernel takes everything that was written, or refuses it. */
  async take(error?: Error): Promise<void> {
    this.log.push(error === undefined ? "taken" : "refused");
    for (let taken = this.#taken; taken !== undefined; taken = this.#taken) {
      this.#taken = undefined;
      taken(error);
      await turns();
    }
  }

  #written(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const length = chunk.readUInt16BE(at);
      const kind = Object.entries(frameKind).find(([, value]) => value === chunk[at + 2])?.[0];
      this.log.push(`${kind} ${chunk.readUInt32BE(at + 4)}`);
      if (kind === "hello") {
        this.#nonce = (
          JSON.parse(chunk.toString("utf8", at + 8, at + 8 + length)) as { nonce: string }
        ).nonce;
      }
      at += 8 + length;
    }
  }
}
