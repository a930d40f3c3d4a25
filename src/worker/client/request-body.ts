import { SkeinError } from "../../protocol/error.ts";
import { BodySource, type BodyStream } from "./body-source.ts";

/** What `fetch` takes as a body, and Node's own streams. */
export type BodyGiven = NonNullable<RequestInit["body"]> | BodyStream | null;

/** Bytes can be sent again; a stream, whose beginning is gone when it was sent, cannot. */
export type RequestBody =
  | { kind: "none" }
  | { kind: "bytes"; bytes: Uint8Array; type?: string }
  | { kind: "stream"; source: BodySource; type?: string };

/** A stream is adopted before anything else is done for its call. */
export function sourceOf(given: BodyGiven | undefined): BodySource | undefined {
  return isStream(given) ? new BodySource(given) : undefined;
}

export async function requestBody(given: BodyGiven | BodySource | undefined): Promise<RequestBody> {
  if (given === undefined || given === null) return { kind: "none" };
  if (typeof given === "string")
    return { kind: "bytes", bytes: Buffer.from(given), type: "text/plain;charset=UTF-8" };
  if (given instanceof Uint8Array) return { kind: "bytes", bytes: given };
  if (given instanceof BodySource) return { kind: "stream", source: given };
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
function isStream(given: unknown): given is BodyStream {
  return typeof given === "object" && given !== null && Symbol.asyncIterator in given;
}
