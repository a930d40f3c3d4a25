import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { TestContext } from "node:test";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import { newSharedLoad, type SharedLoad, sharedLoadIn } from "../shared-load.ts";
import { LinkListener } from "./link-listener.ts";
import type { LinkFeed } from "./service-side.ts";
import { LinkDialer } from "./testing-dialer.ts";

export function head(start: string, ...fields: string[]): string {
  return `${[`${start} HTTP/1.1`, "Host: test", ...fields].join("\r\n")}\r\n\r\n`;
}

/** What a service noted, in its order. */
export class Log {
  readonly entries: string[] = [];
  #waiting: (() => void)[] = [];

  add(...words: unknown[]): void {
    this.entries.push(words.map(String).join(" "));
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async until(entry: string): Promise<void> {
    while (!this.entries.includes(entry)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

export type Uncaught = "uncaughtException" | "unhandledRejection";

/** Until the server is closed nobody else hears of what is not caught. */
export function noteUncaught(server: Server, event: Uncaught, log: Log): void {
  const heard = (error: unknown): void => log.add(event, (error as Error).message);
  const others = process.listeners(event as "uncaughtException") as (() => void)[];
  process.removeAllListeners(event);
  process.on(event, heard);
  server.on("close", () => {
    process.removeListener(event, heard);
    for (const other of others) process.on(event, other);
  });
}

/** Lets links to a server come in, until the test is over. */
export function listenerFor(
  t: TestContext,
  server: Server,
  feed: LinkFeed = "requests",
  clock: Clock = systemClock,
  load: SharedLoad = sharedLoadIn(newSharedLoad()),
): LinkListener {
  const listener = LinkListener.at(server, feed, load, clock);
  assert.ok(listener !== undefined);
  t.after(() => listener.close());
  return listener;
}

export async function listening(t: TestContext, server: Server): Promise<Server> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return server;
}

/** So many turns of the event loop that whatever was on its way has come. */
export async function turns(): Promise<void> {
  for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setImmediate(resolve));
}

export interface Linked {
  server: Server;
  dialer: LinkDialer;
  /** Another link to the same service. */
  another: () => Promise<LinkDialer>;
}

/** A service and a link to it. */
export async function linked(t: TestContext, handle: RequestListener): Promise<Linked> {
  const server = await listening(t, createServer(handle));
  const { address } = listenerFor(t, server);
  const another = async (): Promise<LinkDialer> => {
    const dialer = await LinkDialer.dial(address);
    t.after(() => dialer.close());
    return dialer;
  };
  return { server, dialer: await another(), another };
}
