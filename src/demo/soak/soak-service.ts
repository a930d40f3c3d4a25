import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { crc32 } from "node:zlib";
import { orderService } from "../cluster/order-service.ts";
import { patternPiece } from "./pattern.ts";

/** What came of a body, as its worker saw it. */
export interface BodyReceipt {
  bytes: number;
  crc: number;
}

const getBytes = /^\/(?:\w+\/)?bytes\/(\d{1,12})$/;
const postBytes = /^\/(?:\w+\/)?bytes$/;

/**
 * The order service, and large bodies: `GET /bytes/N` sends N, `POST /bytes` tells what it got. A first segment before
 * them names the service, for who wants a certain one.
 */
export function soakService(options: Parameters<typeof orderService>[0]): RequestListener {
  const orders = orderService(options);
  return (request, response) => {
    const { method, url = "/" } = request;
    const total = method === "GET" ? getBytes.exec(url)?.[1] : undefined;
    if (total !== undefined) return sendBytes(response, Number(total));
    if (method === "POST" && postBytes.test(url)) return takeBytes(request, response);
    orders(request, response);
  };
}

function sendBytes(response: ServerResponse, total: number): void {
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": total });
  let sent = 0;
  const more = (): void => {
    while (sent < total && !response.destroyed) {
      const piece = patternPiece(sent, total);
      sent += piece.length;
      if (!response.write(piece)) return;
    }
    response.end();
  };
  response.on("drain", more);
  more();
}

function takeBytes(request: IncomingMessage, response: ServerResponse): void {
  const receipt: BodyReceipt = { bytes: 0, crc: 0 };
  request.on("error", () => {});
  request.on("data", (piece: Buffer) => {
    receipt.bytes += piece.length;
    receipt.crc = crc32(piece, receipt.crc);
  });
  request.on("end", () => {
    const body = JSON.stringify(receipt);
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
}
