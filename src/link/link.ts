/** The link between a proxy and an SDK worker, as bytes: frames, credit, greeting. Knows no sockets. */
export { beginWithinMs, cannotBeginAt, mayBegin, mayEnter } from "./begin-by.ts";
export {
  cancelCause,
  endFlag,
  frameKind,
  headerBytes,
  initialCreditBytes,
  linkVersion,
  payloadBytesMax,
  streamIdMax,
  writeHeader,
} from "./frames.ts";
export type { FrameKind } from "./frames.ts";
export { FrameReader } from "./frame-reader.ts";
export { FrameBuffers, FrameWriter, isMostlyEmpty, utf8LengthMax } from "./frame-writer.ts";
export { ReceiveCredit, SendCredit } from "./credit.ts";
export { parseProxyHello, parseProxyProof, parseWorkerHello, proxyProof, workerProof } from "./greeting.ts";
export type { Prover, ProxyHello, ProxyProof, WorkerHello } from "./greeting.ts";
export { StreamTable } from "./stream-table.ts";
