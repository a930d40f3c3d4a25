import { crc32 } from "node:zlib";
import { readAnswer } from "../load/answer.ts";
import { hostileBytes } from "./hostile-bytes.ts";
import { patternChunk, patternCrc, patternPiece } from "./pattern.ts";
import type { RoughSocket } from "./rough-socket.ts";
import type { BodyReceipt } from "./soak-service.ts";

/** How a client's visit ended, in its own eyes. */
export type Ending =
  /** As it should, with what it did. */
  | "fine"
  /** The connection ended before: its worker or proxy may have been hit. */
  | "cut"
  /** Something came that must not. */
  | "wrong";

/** A way of being a client that a gateway must bear. `stalledMs`: whoever does nothing for so long is given up. */
export type Manner = (me: RoughSocket, stalledMs: number) => Promise<Ending>;

const host = "Host: localhost\r\n";
const get = (path: string): string => `GET ${path} HTTP/1.1\r\n${host}\r\n`;
const post = (bytes: number): string => `POST /bytes HTTP/1.1\r\n${host}Content-Length: ${bytes}\r\n\r\n`;

/** Goes without a word to the end. */
const goesAmidHead: Manner = async (me) => {
  me.send("GET /orders/7 HTTP/1.1\r\nHo");
  await me.pause(0, 200);
  me.leave();
  return "fine";
};

const goesWhileItWaits: Manner = async (me) => {
  me.send(get("/orders/7"));
  await me.pause(0, 4);
  me.leave();
  return "fine";
};

const goesAmidAnswer: Manner = async (me) => {
  me.send(get("/bytes/4000000"));
  await me.until(() => me.receivedBytes > 100_000 * me.random());
  me.leave();
  return "fine";
};

const goesAmidUpload: Manner = async (me) => {
  me.send(post(1_000_000));
  for (let pieces = 0; pieces < 4; pieces += 1) me.send(patternChunk);
  await me.pause(0, 100);
  me.leave();
  return "fine";
};

/** Reads a piece, rests, reads the next: gets all of it in the end. */
const readsSlowly: Manner = async (me) => {
  const total = 1_500_000;
  const body = bodyOf(me);
  me.send(get(`/bytes/${total}`));
  while (!me.ended && body.bytes < total) {
    const before = body.bytes;
    me.readOn();
    await me.until(() => body.bytes > before);
    me.stopReading();
    await me.pause(10, 60);
  }
  me.destroy();
  if (body.bytes < total) return body.status === 200 ? "cut" : "fine";
  return body.bytes === total && body.crc === patternCrc(total) ? "fine" : "wrong";
};

/** Asks for much and reads nothing: is given up by the gateway. */
const readsNothing: Manner = async (me, stalledMs) => {
  const total = 40_000_000;
  me.stopReading();
  me.send(get(`/bytes/${total}`));
  // Whether it has taken a byte is looked at once in that time, and the first look only begins; and its worker may be
  // stopped, or die, before the answer begins.
  await me.pause(5 * stalledMs, 6 * stalledMs);
  me.readOn();
  await me.until(() => me.ended || me.receivedBytes > total);
  me.destroy();
  return me.receivedBytes > total ? "wrong" : "fine";
};

/** Sends with rests, but not too slowly: its body is taken. */
const sendsSlowly: Manner = async (me) => {
  const total = 40_000;
  me.send(post(total));
  for (let sent = 0; sent < total && !me.ended;) {
    const piece = patternPiece(sent, Math.min(total, sent + 2_000));
    sent += piece.length;
    me.send(piece);
    await me.pause(20, 150);
  }
  await me.until(() => readAnswer(me.text).kind === "whole");
  me.destroy();
  const reading = readAnswer(me.text);
  if (reading.kind !== "whole") return "cut";
  if (reading.answer.status !== 200) return "fine";
  const receipt = JSON.parse(reading.answer.body) as BodyReceipt;
  return receipt.bytes === total && receipt.crc === patternCrc(total) ? "fine" : "wrong";
};

/** Sends a byte now and then: is told 408. */
const drips: Manner = async (me, stalledMs) => {
  me.send(post(1_000_000));
  while (!me.ended && me.receivedBytes === 0) {
    me.send("x");
    await me.pause(0.02 * stalledMs, 0.1 * stalledMs);
  }
  await me.over();
  me.destroy();
  return /^HTTP\/1\.1 (408|50\d) /.test(me.text) ? "fine" : me.text === "" ? "cut" : "wrong";
};

/** Ends its half and waits for the other one. */
const endsItsHalf: Manner = async (me) => {
  me.send(get("/orders/7"));
  if (me.random() < 0.5) await me.until(() => me.receivedBytes > 0);
  me.endHalf();
  await me.over();
  me.destroy();
  return "fine";
};

/** Is idle for too long, and does not answer the end. */
const staysForEver: Manner = async (me, stalledMs) => {
  me.send(get("/orders/7"));
  await me.over();
  await me.pause(0, stalledMs);
  me.destroy();
  return "fine";
};

/** Many requests at once, one of them bad: they are answered in order up to that one. */
const sendsAhead: Manner = async (me) => {
  const good = 1 + Math.floor(me.random() * 20);
  me.send(get("/orders/7").repeat(good) + get("/orders/7").replace("Host:", "Host :") + get("/orders/7"));
  await me.over();
  me.destroy();
  const statuses = [...me.text.matchAll(/HTTP\/1\.1 (\d\d\d) /g)].map((found) => found[1]);
  const last = statuses.pop();
  if (last !== "400") return "cut";
  return statuses.length <= good ? "fine" : "wrong";
};

/** Asks and asks, and reads no answer. */
const asksWithoutReading: Manner = async (me) => {
  me.stopReading();
  me.send(get("/bytes/60000").repeat(400));
  await me.pause(500, 3_000);
  me.leave();
  return "fine";
};

/** A WebSocket of which nothing but the handshake is used. */
const opensTunnel: Manner = async (me) => {
  const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  me.send(`GET /ws HTTP/1.1\r\n${host}${upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
  await me.until(() => me.text.includes("\r\n\r\n"));
  // A ping of no bytes, masked by zeros: the worker's library answers it.
  me.send(Buffer.from([0x89, 0x80, 0, 0, 0, 0]));
  const answered = await me.until(() => me.text.endsWith("\x8a\0"));
  await me.pause(0, 3_000);
  me.leave();
  if (!me.text.startsWith("HTTP/1.1 101 ")) return /^HTTP\/1\.1 50\d /.test(me.text) ? "fine" : "cut";
  return answered ? "fine" : "cut";
};

/** Attacks, in one piece or many: must be answered or let go, and harm nobody. */
const attacks: Manner = async (me, stalledMs) => {
  const text = hostileBytes(me.random);
  const cut = me.random() < 0.5 ? text.length : Math.floor(me.random() * text.length);
  me.send(text.slice(0, cut));
  await me.pause(0, 20);
  me.send(text.slice(cut));
  // Some of it asks for more to come: then nothing is due.
  await Promise.race([me.over(), me.pause(0, 2.5 * stalledMs)]);
  me.leave();
  return "fine";
};

export const manners: Readonly<Record<string, Manner>> = {
  "goes amid its head": goesAmidHead,
  "goes while it waits": goesWhileItWaits,
  "goes amid the answer": goesAmidAnswer,
  "goes amid its upload": goesAmidUpload,
  "reads slowly": readsSlowly,
  "reads nothing": readsNothing,
  "sends slowly": sendsSlowly,
  drips,
  "ends its half": endsItsHalf,
  "stays for ever": staysForEver,
  "sends ahead, one bad": sendsAhead,
  "asks without reading": asksWithoutReading,
  "opens a tunnel": opensTunnel,
  attacks,
};

interface BodySoFar {
  status: number;
  bytes: number;
  crc: number;
}

/** Follows the body of the one answer that comes. */
function bodyOf(me: RoughSocket): BodySoFar {
  const body: BodySoFar = { status: 0, bytes: 0, crc: 0 };
  let head = "";
  me.onData = (piece) => {
    let part = piece;
    if (body.status === 0) {
      head += piece.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) return;
      body.status = Number(head.slice(9, 12));
      part = Buffer.from(head.slice(end + 4), "latin1");
    }
    body.bytes += part.length;
    body.crc = crc32(part, body.crc);
  };
  return body;
}
