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
 * request by that. What `close` promises stays: it returns at once, and calls back when everything is closed.
 */
export function closePolitely(server: Server, before: () => Promise<void>): PoliteClose {
  const original = server.close.bind(server);
  const own = Object.getOwnPropertyDescriptor(server, "close");
  const polite = function (callback?: (error?: Error) => void): Server {
    if (!server.listening) return original(callback);
    void before().finally(() => original(callback));
    return server;
  };
  server.close = polite;
  return {
    close: (callback) => void original(callback),
    undo() {
      if (server.close !== polite) return;
      if (own === undefined) delete (server as { close?: unknown }).close;
      else Object.defineProperty(server, "close", own);
    },
  };
}
