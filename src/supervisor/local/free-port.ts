import { once } from "node:events";
import { createServer } from "node:net";

/** Is this port of loopback (and of all addresses) free now? Somebody may take it a moment later. */
export async function isFree(port: number, host?: string): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, ...(host === undefined ? {} : { host }), exclusive: true });
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

export async function anyFreePort(): Promise<number> {
  const server = createServer();
  server.listen({ port: 0, exclusive: true });
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
  return address.port;
}

/** `first`, or the next free one after it, among 100. */
export async function nextFreePort(first: number, host?: string): Promise<number> {
  for (let port = first; port < first + 100; port++) {
    if (await isFree(port, host)) return port;
  }
  throw new Error(`no free port from ${first} to ${first + 99}`);
}
