import type { Server } from "node:http";

/** The end of a server, in our hands and in the user's. */
export interface PoliteClose {
  /** The server's own `close`, as it was. */
  close(callback?: (error?: Error) => void): void;
  undo(): void;
}

/**
 * Makes `server.close()` wait for `before`: closing a listening server at once would close idle keep-alive
 * connections on which a proxy is just sending. The user's `process.on('SIGTERM', () => server.close())` loses no
 * request by that. What `close` promises stays: it returns at once, and calls back when everything is closed. Where we
 * have closed before the user did, his first `close` is told of our end as of its own, also after `undo`.
 */
export function closePolitely(server: Server, before: () => Promise<void>): PoliteClose {
  const original = server.close.bind(server);
  const own = Object.getOwnPropertyDescriptor(server, "close");
  /** Our end of the server, until the user closes it too. */
  let ours: { closed: boolean } | undefined;
  let undone = false;
  const polite = function (callback?: (error?: Error) => void): Server {
    if (server.listening) void before().finally(() => close(callback));
    else close(callback);
    return server;
  };
  const close = (callback?: (error?: Error) => void): void => {
    const done = server.listening ? undefined : ours;
    ours = undefined;
    if (undone) restore();
    if (done === undefined) original(callback);
    else if (typeof callback !== "function") return;
    else if (done.closed) process.nextTick(callback);
    else server.once("close", callback);
  };
  const restore = (): void => {
    if (server.close !== polite) return;
    if (own === undefined) delete (server as { close?: unknown }).close;
    else Object.defineProperty(server, "close", own);
  };
  server.close = polite;
  return {
    close(callback) {
      if (server.listening) {
        const end = { closed: false };
        server.once("close", () => (end.closed = true));
        ours = end;
      }
      original(callback);
    },
    undo() {
      undone = true;
      if (ours === undefined) restore();
    },
  };
}
