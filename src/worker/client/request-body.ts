import { SkeinError } from "../../protocol/error.ts";

/** What `fetch` takes as a body, and Node's own streams. */
export type BodyGiven = NonNullable<RequestInit["body"]> | AsyncIterable<Uint8Array | string> | null;

export type BodyStream = AsyncIterable<Uint8Array | string>;

/** Bytes can be sent again; a stream, whose beginning is gone when it was sent, cannot. */
export type RequestBody =
  | { kind: "none" }
  | { kind: "bytes"; bytes: Uint8Array; type?: string }
  | { kind: "stream"; stream: BodyStream; type?: string };

export async function requestBody(given: BodyGiven | undefined): Promise<RequestBody> {
  if (given === undefined || given === null) return { kind: "none" };
  if (typeof given === "string")
    return { kind: "bytes", bytes: Buffer.from(given), type: "text/plain;charset=UTF-8" };
  if (given instanceof Uint8Array) return { kind: "bytes", bytes: given };
  if (isIterable(given)) return { kind: "stream", stream: given };
  // Forms, parameters, blobs: as fetch itself writes them.
  const written = wholly(given as ConstructorParameters<typeof Response>[0]);
  const type = written.headers.get("content-type");
  const bytes = new Uint8Array(await written.arrayBuffer());
  return { kind: "bytes", bytes, ...(type === null ? {} : { type }) };
}

function wholly(given: ConstructorParameters<typeof Response>[0]): Response {
  try {
    return new Response(given);
  } catch (cause) {
    throw new SkeinError("invalid", "fetch: body is of no kind that can be sent", { cause });
  }
}

/** Streams of the web and of Node; forms and parameters are not, in this way. */
function isIterable(given: object): given is BodyStream {
  return Symbol.asyncIterator in given;
}
