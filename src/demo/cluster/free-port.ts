import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

/** The first free port from `first` on; 0: one that the system chooses. Throws when 100 in a row are taken. */
export async function freePort(first: number, host = "127.0.0.1"): Promise<number> {
  for (let port = first; port < first + 100; port += 1) {
    const found = await tryPort(port, host);
    if (found !== undefined) return found;
  }
  throw new Error(`demo: the ports ${first} to ${first + 99} of ${host} are all taken`);
}

/** Several free ports at once, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((done, fail) => server.once("error", fail).listen(0, "127.0.0.1", done));
    ports.push((server.address() as AddressInfo).port);
  }
  await Promise.all(servers.map(async (server) => await new Promise((done) => server.close(done))));
  return ports;
}

async function tryPort(port: number, host: string): Promise<number | undefined> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(port, host, () => {
      const found = (server.address() as AddressInfo).port;
      server.close(() => resolve(found));
    });
  });
}
