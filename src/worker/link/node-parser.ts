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
const beginning = Buffer.from("PUT / HTTP/1.1\r\nHost: skein\r\nContent-Length: 1\r\n\r\n");
const ending = Buffer.from("x");

/**
 * Tells Node's http server what our parser has found in a request, as if its own had found it: from there on everything
 * (which class the request is of, `checkContinue`, timeouts, diagnostics, the end of a socket) is Node's own doing.
 *
 *     head --> body* --> whole        again for the next request of the same socket
 */
export class NodeParser {
  readonly #parser: HttpParser;
  readonly #onHead: OnHead;
  #inProgress = false;
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
    // One that has read nothing counts as a client that is late with its first request, and is destroyed for it.
    this.#readUnheard(anyRequest);
  }

  /**
   * The parser itself knows nothing of what it is told, so to the server its socket is idle: of use while there is an
   * answer, which the server looks at as well. From here on to `whole` it is not, whatever becomes of the answer.
   */
  busy(): void {
    if (this.#inProgress) return;
    this.#inProgress = true;
    this.#readUnheard(beginning);
  }

  #readUnheard(bytes: Buffer): void {
    const parser = this.#parser;
    const { 1: onFields, 2: onHead, 3: onBody, 4: onWhole } = parser;
    parser[1] = parser[2] = parser[3] = parser[4] = nothing;
    parser.execute(bytes);
    Object.assign(parser, { 1: onFields, 2: onHead, 3: onBody, 4: onWhole });
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
    if (this.#inProgress) this.#readUnheard(ending);
    this.#inProgress = false;
    if (trailers.length > 0) this.#parser[1](trailers, "");
    this.#parser[4]();
  }

  /** What follows is read by Node itself. */
  leave(): void {
    this.#method = undefined;
  }
}

function nothing(): number {
  return 0;
}

function isKnown(parser: HttpParser): boolean {
  const named = ([1, 2, 3, 4] as const).every((slot) => {
    const call: unknown = parser[slot];
    return typeof call === "function" && call.name === names[slot];
  });
  return named && typeof parser.onIncoming === "function" && typeof parser.execute === "function";
}
