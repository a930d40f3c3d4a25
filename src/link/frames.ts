/**
 * The link: one connection between a proxy and an SDK worker, carrying many requests at once.
 *
 *     proxy                                             worker
 *       | hello ---------------------------------------> |     greeting.ts: both prove that they know the key
 *       | <--------------------------------------- hello |
 *       | proof ---------------------------------------> |
 *       |                                                |
 *       | [beginBy] request(n) body(n)* [trailers(n)] -> |     a stream: one request and its answer
 *       | <------------------- entered(n) answer(n)* END |
 *       | <--------- credit, cancel, ping and pong ----> |
 *       | <------------------------- refused, load, drain |
 *
 * A frame is 8 bytes of header and its payload, all numbers big endian:
 *
 *     u16 length of the payload | u8 kind | u8 flags | u32 stream (0: the link itself)
 *
 * Kinds that a reader does not know are passed over, whatever their length, so that a newer side may say more.
 */
export const frameKind = {
  /** Either side's first frame: JSON, see greeting.ts. */
  hello: 1,
  /** The proxy's proof, JSON; after it streams may be opened. */
  proof: 2,
  /** Bytes of a request head as HTTP/1.1 text, in as many frames as it takes. The first opens the stream. */
  request: 3,
  /** Bytes of the request's body without any framing; after a 101, of the tunnel. */
  body: 4,
  /** Trailer field lines, each with its CR LF. Nothing of the request follows. */
  trailers: 5,
  /**
   * The handler is about to begin. Written to the kernel before it does, for every request that is not idempotent: a
   * link that ended without this frame proves that the handler never began.
   */
  entered: 6,
  /** Bytes of an HTTP/1.1 answer as the worker's own server writes it: heads, body with its framing, trailers. */
  answer: 7,
  /** u32: so many bytes more may be sent to whoever says this, on this stream. */
  credit: 8,
  /** The stream is over, both ways, at once. */
  cancel: 9,
  /** This request was not begun and will not be: it may go elsewhere. */
  refused: 10,
  /**
   * u32 requests in flight, u32 event loop delay p99 in microseconds, u32 event loop utilization per mille, u32 microseconds
   * from a request's coming to its answer's first byte, on average. Workers of before do not send the last.
   */
  load: 11,
  /** Open no more streams; those that are open go on. */
  drain: 12,
  /** Eight bytes, to be returned as they are. */
  ping: 13,
  pong: 14,
  /**
   * f64, milliseconds on the clock of the host that both are on: of the requests that follow, those that are not
   * idempotent begin until then, or are refused. Infinity: whenever they can. See begin-by.ts.
   */
  beginBy: 15,
} as const;

export type FrameKind = (typeof frameKind)[keyof typeof frameKind];

/** Of a `cancel`, one byte. */
export const cancelCause = {
  /** The client left a tunnel in order: what came before is delivered, then the end. */
  closed: 0,
  aborted: 1,
  timeout: 2,
  /** It moved to another worker. */
  stalled: 3,
  badAnswer: 4,
  /** The answer was whole before the request: no more of its body follows. */
  earlyAnswer: 5,
} as const;

/** Nothing follows on this stream in this direction. */
export const endFlag = 1;

export const linkVersion = 1;
export const headerBytes = 8;
export const payloadBytesMax = 16_384;
/** Of what is gathered before it is passed on: see `isStreamed`. */
export const controlBytesMax = 1024;
/** What each direction of a stream may send before the other side has given credit. Heads of requests are free. */
export const initialCreditBytes = 131_072;
/** Stream ids are not used again: after this one a new link is needed. */
export const streamIdMax = 0xffff_ffff;

const newestKind = Math.max(...Object.values(frameKind));

/** Payloads of these kinds are passed on piece by piece, as they come; so is what a newer side says, which nobody keeps. */
export function isStreamed(kind: number): boolean {
  return (
    kind === frameKind.request ||
    kind === frameKind.body ||
    kind === frameKind.answer ||
    kind === frameKind.trailers ||
    kind > newestKind ||
    kind === 0
  );
}

/** The first bytes of a frame. */
export function writeHeader(
  target: Uint8Array,
  at: number,
  length: number,
  kind: number,
  flags: number,
  stream: number,
): void {
  target[at] = length >>> 8;
  target[at + 1] = length & 0xff;
  target[at + 2] = kind;
  target[at + 3] = flags;
  target[at + 4] = stream >>> 24;
  target[at + 5] = (stream >>> 16) & 0xff;
  target[at + 6] = (stream >>> 8) & 0xff;
  target[at + 7] = stream & 0xff;
}
