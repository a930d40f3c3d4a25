/** Before the data of a chunk; `bytes` is not 0 (that would end the body). */
export function chunkHead(bytes: number): string {
  if (bytes === 0) throw new Error("an empty chunk would end the body");
  return `${bytes.toString(16)}\r\n`;
}

/** After the data of a chunk. */
export const chunkTail = "\r\n";

/** The last chunk, trailers (as of `BodyReader.trailers`) and the end. */
export function lastChunk(trailers: string): string {
  return `0\r\n${trailers}\r\n`;
}
