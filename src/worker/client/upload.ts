import type { ClientRequest } from "node:http";
import { isUint8Array } from "node:util/types";
import { SkeinError } from "../../protocol/error.ts";
import type { BodySource } from "./body-source.ts";

/**
 * Sends what a caller's stream gives as the body of a request, as fast as it is taken. Resolves when all of it was given to
 * the request, or the request closed, which others tell of; then the stream is let go. Rejects with what is the caller's own: an error of the
 * stream, a chunk that is none, another length than declared. Then nothing marks the body's end: whoever called has to destroy
 * the request.
 */
export async function upload(
  source: BodySource,
  outgoing: ClientRequest,
  bytesDeclared: number | undefined,
): Promise<void> {
  outgoing.once("close", source.letGo);
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await source.next();
      if (outgoing.destroyed) return;
      if (done === true) break;
      const chunk = chunkOf(value);
      bytes += Buffer.byteLength(chunk);
      if (bytesDeclared !== undefined && bytes > bytesDeclared)
        throw otherLength(`${bytes} or more`, bytesDeclared);
      if (!outgoing.write(chunk)) await room(outgoing);
      if (outgoing.destroyed) return;
    }
    if (bytesDeclared !== undefined && bytes < bytesDeclared) throw otherLength(`${bytes}`, bytesDeclared);
    outgoing.off("close", source.letGo);
    outgoing.end();
  } catch (error) {
    source.letGo();
    // What a stream says when it is let go is no news.
    if (!outgoing.destroyed) throw error;
  }
}

async function room(outgoing: ClientRequest): Promise<void> {
  await new Promise<void>((resolve) => {
    const go = (): void => {
      outgoing.off("drain", go);
      outgoing.off("close", go);
      resolve();
    };
    outgoing.on("drain", go);
    outgoing.on("close", go);
  });
}

function chunkOf(value: unknown): string | Uint8Array {
  if (typeof value === "string" || isUint8Array(value)) return value;
  const kind = value === null ? "null" : typeof value;
  throw new SkeinError(
    "invalid",
    `fetch: body: a stream must give strings or Uint8Arrays; this one gave: ${kind}`,
  );
}

function otherLength(given: string, declared: number): SkeinError {
  return new SkeinError(
    "invalid",
    `fetch: body: the stream gave ${given} bytes, and content-length says ${declared}; ` +
      "leave content-length out and the stream is sent in chunks",
  );
}
