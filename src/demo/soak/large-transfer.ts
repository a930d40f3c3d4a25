import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { crc32 } from "node:zlib";
import { systemClock } from "../../runtime/clock.ts";
import { readAnswer } from "../load/answer.ts";
import { patternCrc, patternPiece } from "./pattern.ts";
import { readProcess } from "./process-reading.ts";
import type { BodyReceipt } from "./soak-service.ts";

export interface LargeTransfer {
  direction: "upload" | "download";
  /** First segment of the path: the service. */
  service: string;
  bytes: number;
}

export interface LargeResult extends LargeTransfer {
  seconds: number;
  /** Resident memory of the proxy: before, and the most while it lasted. */
  memoryBytes: { before: number; peak: number };
  /** Every byte arrived, in its place. */
  right: boolean;
}

/** The proxy may take so much more while it lasts, whatever its size: pieces that wait for the next collection. */
export const memoryMaxBytes = 128 * 1024 * 1024;

const readEveryMs = 50;
const headers = "Host: localhost\r\nConnection: close\r\n";

/** Sends one body through the gateway, or fetches one, with a look at the proxy's memory all the while. */
export async function transferLarge(
  transfer: LargeTransfer,
  through: { port: number; proxyPid: number },
): Promise<LargeResult> {
  const resident = (): number => readProcess(through.proxyPid)?.residentBytes ?? 0;
  const before = resident();
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, resident())), readEveryMs);
  const beganAt = systemClock.now();
  try {
    const move = transfer.direction === "upload" ? upload : download;
    const right = await move(transfer, through.port);
    const seconds = (systemClock.now() - beganAt) / 1000;
    return { ...transfer, seconds, memoryBytes: { before, peak: Math.max(peak, resident()) }, right };
  } finally {
    clearInterval(timer);
  }
}

async function upload({ service, bytes }: LargeTransfer, port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  const answer = wholeText(socket);
  socket.write(`POST /${service}/bytes HTTP/1.1\r\n${headers}Content-Length: ${bytes}\r\n\r\n`);
  let crc = 0;
  for (let sent = 0; sent < bytes && !socket.destroyed;) {
    const piece = patternPiece(sent, bytes);
    sent += piece.length;
    crc = crc32(piece, crc);
    if (!socket.write(piece)) await Promise.race([once(socket, "drain"), answer]);
  }
  const reading = readAnswer(await answer);
  if (reading.kind !== "whole" || reading.answer.status !== 200) return false;
  const receipt = JSON.parse(reading.answer.body) as BodyReceipt;
  return receipt.bytes === bytes && receipt.crc === crc;
}

/** All that comes until the connection ends, in whatever way. */
async function wholeText(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (piece: string) => (text += piece));
  socket.on("error", () => {});
  await new Promise((resolve) => socket.on("close", resolve));
  return text;
}

async function download({ service, bytes }: LargeTransfer, port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.write(`GET /${service}/bytes/${bytes} HTTP/1.1\r\n${headers}\r\n`);
  socket.on("error", () => {});
  let head = "";
  let received = 0;
  let crc = 0;
  const take = (piece: Buffer): void => {
    received += piece.length;
    crc = crc32(piece, crc);
  };
  socket.on("data", (piece: Buffer) => {
    if (head.includes("\r\n\r\n")) return take(piece);
    head += piece.toString("latin1");
    const end = head.indexOf("\r\n\r\n");
    if (end !== -1) take(Buffer.from(head.slice(end + 4), "latin1"));
  });
  await new Promise((resolve) => socket.on("close", resolve));
  return head.startsWith("HTTP/1.1 200 ") && received === bytes && crc === patternCrc(bytes);
}
