import { cancelCause } from "../../../src/link/link.ts";
import type { TableWorker } from "../../../src/protocol/routing-table.ts";
import {
  type TestLink,
  TestLinkWorker,
  type TestStream,
} from "../../../src/proxy/testing/testing-link-worker.ts";
import { TestWorker, until } from "../../../src/proxy/testing/testing-peers.ts";
import type { TestProxy } from "../../../src/proxy/testing/testing-proxy.ts";
import { testWorkerRow } from "../../../src/proxy/testing/testing-table.ts";
import type { Answering, PlayedWorker, Voice } from "./played-worker.ts";
import { plainRequests, type SeenRequest } from "./plain-requests.ts";

/** A worker that gets its requests over a link. Its HTTP/1.1 port answers what comes before the link is open. */
export class LinkedWorker implements PlayedWorker {
  readonly carries = "streams";
  readonly #plain = new TestWorker().answerAll("before the link");
  readonly #linked = new TestLinkWorker();
  readonly #answering: Answering;
  readonly #streams: TestStream[] = [];
  readonly #whole = new Set<TestStream>();

  constructor(answering: Answering) {
    this.#answering = answering;
    this.#linked.onLink = (link) => (link.onFrame = (stream) => this.#look(link, stream));
  }

  async listen(): Promise<this> {
    await Promise.all([this.#plain.listen(), this.#linked.listen()]);
    return this;
  }

  get row(): TableWorker {
    return testWorkerRow(this.#plain.port, { link: this.#linked.address });
  }

  /** A link is made when there is a first request. */
  async ready({ client, proxy }: TestProxy): Promise<void> {
    const first = await client();
    first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await first.message();
    first.socket.end();
    await until(() => proxy.statistics.links.open === 1 && proxy.report().connections.open === 0, "the link");
  }

  requests(): SeenRequest[] {
    return this.#streams.map(requestOf);
  }

  oddities(): string[] {
    return this.#streams.map((stream) => plainRequests(stream.head).odd).filter((odd) => odd !== "");
  }

  connections(): { received: string; open: boolean }[] {
    return [];
  }

  #look(link: TestLink, stream: TestStream): void {
    if (!stream.head.endsWith("\r\n\r\n")) return;
    const request = requestOf(stream);
    const voice = voiceOf(link, stream);
    const isNew = !this.#streams.includes(stream);
    if (isNew) this.#streams.push(stream);
    const nth = this.#streams.indexOf(stream);
    if (isNew) this.#answering({ request, nth, moment: "head", voice });
    if (!stream.ended || this.#whole.has(stream)) return;
    this.#whole.add(stream);
    this.#answering({ request, nth, moment: "whole", voice });
  }

  close(): void {
    this.#plain.close();
    this.#linked.close();
  }
}

/** Its body comes without framing, but its head tells which one it had. */
function requestOf({ head, body, trailers, ended }: TestStream): SeenRequest {
  const [request] = plainRequests(head).requests;
  if (request === undefined) throw new Error(`no plain head: ${head}`);
  return { ...request, body, trailers, whole: ended };
}

function voiceOf(link: TestLink, stream: TestStream): Voice {
  return {
    async say(pieces) {
      for (const piece of pieces) {
        if (link.closed) return;
        stream.answer(piece, false);
        if (pieces.length > 1) await new Promise((resolve) => setImmediate(resolve));
      }
    },
    done: () => stream.answer("", true),
    end: () => stream.answer("", true),
    reset: () => link.write((frames) => frames.cancel(stream.id, cancelCause.aborted)),
  };
}
