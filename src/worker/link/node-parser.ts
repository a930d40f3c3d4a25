import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/**
 * The parser that Node's http server puts on each of its sockets, and what it calls when it has found something: slots
 * with numbers, the same in every Node from 20 to 26 (their names are checked).
 */
interface HttpParser {
  socket: Socket | null;
  onIncoming: OnIncoming;
  execute(bytes: Buffer): unknown;
  1: (this: HttpParser, fields: string[], url: string) => void;
  2: OnHead;
  3: (this: HttpParser, bytes: Buffer) => void;
  4: (this: HttpParser) => void;
}

type OnIncoming = (message: IncomingMessage, keepAlive: boolean) => unknown;

type OnHead = (
  this: HttpParser,
  major: number,
  minor: number,
  fields: string[],
  method: null,
  url: string,
  status: null,
  reason: null,
  upgrade: boolean,
  keepAlive: boolean,
) => unknown;

const names = {
  1: "parserOnHeaders",
  2: "parserOnHeadersComplete",
  3: "parserOnBody",
  4: "parserOnMessageComplete",
} as const;

const anyRequest = Buffer.from("GET / HTTP/1.1\r\nHost: skein\r\n\r\n");

/**
 * Tells Node's http server what our parser has found in a request, as if its own had found it: from there on everything
 * (which class the request is of, `checkContinue`, timeouts, diagnostics, the end of a socket) is Node's own doing.
 *
 *     head --> body* --> whole        again for the next request of the same socket
 */
export class NodeParser {
  readonly #parser: HttpParser;
  readonly #onHead: OnHead;
  #method: string | undefined;

  /** Undefined: this Node does it otherwise; its parser must be given text. */
  static of(socket: Socket): NodeParser | undefined {
    const { parser } = socket as Socket & { parser?: HttpParser | null };
    return parser && isKnown(parser) ? new NodeParser(parser) : undefined;
  }

  private constructor(parser: HttpParser) {
    this.#parser = parser;
    this.#onHead = parser[2];
    const { onIncoming } = parser;
    // Methods are numbers to `#onHead`, and the numbers are nowhere to be read.
    parser.onIncoming = (message, keepAlive) => {
      if (this.#method !== undefined) message.method = this.#method;
      return onIncoming(message, keepAlive);
    };
    this.#prime();
  }

  /**
   * A parser that has read nothing counts as a client that is late with its first request, and its socket would be
   * destroyed for it. One that has read a whole request, here one that nobody hears of, is idle.
   */
  #prime(): void {
    const parser = this.#parser;
    parser[2] = () => 0;
    parser.execute(anyRequest);
    parser[2] = this.#onHead;
  }

  /** `fields`: names and values in turn. */
  head(method: string, url: string, fields: string[]): void {
    this.#method = method;
    this.#onHead.call(this.#parser, 1, 1, fields, null, url, null, null, false, true);
  }

  body(bytes: Buffer): void {
    this.#parser[3](bytes);
  }

  whole(trailers: string[]): void {
    if (trailers.length > 0) this.#parser[1](trailers, "");
    this.#parser[4]();
  }

  /** What follows is read by Node itself. */
  leave(): void {
    this.#method = undefined;
  }
}

function isKnown(parser: HttpParser): boolean {
  const named = ([1, 2, 3, 4] as const).every((slot) => {
    const call: unknown = parser[slot];
    return typeof call === "function" && call.name === names[slot];
  });
  return named && typeof parser.onIncoming === "function" && typeof parser.execute === "function";
}
