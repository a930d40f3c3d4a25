import { crc32 } from "node:zlib";
import { seededRandom } from "../../runtime/random.ts";

/** Large bodies are this over and over: nothing in it is alike, so that a lost or doubled piece shows. */
export const patternChunk: Buffer = makeChunk(65_536);

function makeChunk(length: number): Buffer {
  const random = seededRandom(1);
  const chunk = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at += 1) chunk[at] = Math.floor(random() * 256);
  return chunk;
}

/** The next piece of a body of `total` bytes of which `sent` are sent. */
export function patternPiece(sent: number, total: number): Buffer {
  const at = sent % patternChunk.length;
  return patternChunk.subarray(at, Math.min(patternChunk.length, at + total - sent));
}

/** Checksum of the first `total` bytes. */
export function patternCrc(total: number): number {
  let crc = 0;
  for (let sent = 0; sent < total;) {
    const piece = patternPiece(sent, total);
    crc = crc32(piece, crc);
    sent += piece.length;
  }
  return crc;
}
