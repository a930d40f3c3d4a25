import type { TrailerScanner } from "../../http1/trailers.ts";
import type { NodeParser } from "./node-parser.ts";
import type { BodySink } from "./request-body.ts";
import type { VirtualSocket } from "./virtual-socket.ts";

/** Tells Node's http server of a request without any text between: our parser has read it already. */
export class DirectFeed implements BodySink {
  readonly #socket: VirtualSocket;
  readonly #parser: NodeParser;

  constructor(socket: VirtualSocket, parser: NodeParser) {
    this.#socket = socket;
    this.#parser = parser;
  }

  head(method: string, url: string, fields: string[], bytes: number): void {
    this.#socket.direct = true;
    this.#socket.touched(bytes, 0);
    this.#parser.head(method, url, fields);
  }

  /** A reader that is full pauses the socket. */
  body(bytes: Buffer): boolean {
    this.#socket.touched(bytes.length, 0);
    this.#parser.body(bytes);
    return true;
  }

  whole(trailers: TrailerScanner | undefined): void {
    this.#parser.whole(trailers === undefined ? [] : fieldsOf(trailers));
  }

  /** The next request comes as text. */
  leave(): void {
    this.#socket.direct = false;
    this.#parser.leave();
  }
}

/** Names and values in turn, as Node's `rawHeaders` are. */
export function fieldsOf(head: {
  fieldCount: number;
  fieldName(index: number): string;
  fieldValue(index: number): string;
}): string[] {
  const fields: string[] = [];
  for (let index = 0; index < head.fieldCount; index++) {
    fields.push(head.fieldName(index), head.fieldValue(index));
  }
  return fields;
}
