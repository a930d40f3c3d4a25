import type { TrailerScanner } from "../../http1/trailers.ts";
import { fieldName } from "./field-names.ts";
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

  /** The answer is ahead of the request. */
  answeredEarly(): void {
    this.#parser.busy();
  }

  /** The next request comes as text. */
  leave(): void {
    this.#socket.direct = false;
    this.#parser.leave();
  }
}

/** A head or trailers, read. */
interface ReadFields {
  readonly text: string;
  readonly fieldCount: number;
  lineAt(index: number): number;
  colonAt(index: number): number;
  fieldValue(index: number): string;
}

/** Names and values in turn, as Node's `rawHeaders` are. */
export function fieldsOf(head: ReadFields): string[] {
  const fields: string[] = [];
  for (let index = 0; index < head.fieldCount; index++) {
    fields.push(fieldName(head.text, head.lineAt(index), head.colonAt(index)), head.fieldValue(index));
  }
  return fields;
}
