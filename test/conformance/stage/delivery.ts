import type { TestPeer } from "../../../src/proxy/testing/testing-peers.ts";

/** How the bytes of a case reach the gateway: in which reads of its socket they come. */
export const deliveries = ["whole", "byte by byte", "by lines", "cut between CR and LF"] as const;
export type Delivery = (typeof deliveries)[number];

/** Long cases are there for their length: a write for each of their bytes would show nothing more. */
const singleBytesMax = 1500;

export function piecesOf(text: string, delivery: Delivery): string[] {
  switch (delivery === "byte by byte" && text.length > singleBytesMax ? "by lines" : delivery) {
    case "whole":
      return [text];
    case "byte by byte":
      return Array.from(text);
    case "by lines":
      return text.split(/(?<=\n)/);
    case "cut between CR and LF":
      return text.split(/(?<=\r)(?=\n)/);
  }
}

/** One write a turn of the event loop, so that the other end, in the same process, reads each by itself. */
export async function deliver(peer: TestPeer, text: string, delivery: Delivery): Promise<void> {
  for (const piece of piecesOf(text, delivery)) {
    if (peer.closed) return;
    peer.send(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
