import { WebSocket } from "ws";
import type { Connect } from "./connection.ts";
import { sessionUrl } from "./controller-url.ts";

/** A controller's frames are small; more than this is none. */
const frameBytesMax = 64 * 1024;
/** An orderly end that the other side does not confirm (a stopped controller) is cut after this long. */
const closeWithinMs = 200;

/**
 * Sessions over WebSocket, by `ws`. `authority`: PEM of who vouches for the controllers, asked for each connection with TLS;
 * undefined: the system's authorities.
 */
export function webSocketConnect(
  token: string | undefined,
  authority: () => string | undefined = () => undefined,
): Connect {
  return (url, events) => {
    const place = sessionUrl(url);
    const ca = place.startsWith("wss:") ? authority() : undefined;
    const socket = new WebSocket(place, {
      perMessageDeflate: false,
      maxPayload: frameBytesMax,
      followRedirects: false,
      ...(ca === undefined ? {} : { ca }),
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    });
    // No session keeps a process alive, in whatever thread it is held.
    socket.on("upgrade", (answer) => answer.socket.unref());
    let reason: string | undefined;
    socket.on("open", () => events.opened());
    socket.on("message", (data, isBinary) => {
      if (!isBinary && Buffer.isBuffer(data)) events.received(data.toString());
    });
    socket.on("pong", () => events.alive());
    socket.on("unexpected-response", (_request, { statusCode = 0 }) => {
      reason = refusalOf(statusCode);
      socket.terminate();
    });
    socket.on("error", (error: Error & { code?: string }) => (reason ??= error.code ?? error.message));
    socket.on("close", () => events.closed(reason ?? "closed by the controller"));
    return {
      send(text) {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      ping() {
        if (socket.readyState === WebSocket.OPEN) socket.ping();
      },
      close() {
        socket.close(1000);
        setTimeout(() => socket.terminate(), closeWithinMs).unref();
      },
      destroy() {
        if (socket.readyState === WebSocket.CONNECTING) reason ??= "it did not answer: is it a controller?";
        socket.terminate();
      },
      bufferedBytes: () => socket.bufferedAmount,
    };
  };
}

/** Of an answer that opens no session. */
function refusalOf(status: number): string {
  if (status === 401) return "it answered 401: a valid join token is needed (SKEIN_JOIN_TOKEN_FILE)";
  if (status < 400 || status === 404)
    return `it answered ${status}, and not as a controller does: is it one?`;
  return `it answered ${status}`;
}
