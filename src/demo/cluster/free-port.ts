import { type AddressInfo, connect, createServer } from "node:net";

/**
 * Ports are looked for below the range from which systems give ports to outgoing connections (from 32768 on Linux,
 * 49152 elsewhere): a port that is free for a moment, while its worker is started anew, must not go to a client.
 */
const firstPort = 20_000;
const portCount = 12_000;

/** The first free port from `first` on. Throws when 100 in a row are taken. */
export async function freePort(first: number, host = "127.0.0.1"): Promise<number> {
  for (let port = first; port < first + 100; port += 1) {
    if (await isFree(port, host)) return port;
  }
  throw new Error(`demo: the ports ${first} to ${first + 99} of ${host} are all taken`);
}

/** Several free ports, all different, from a place in the range that chance chooses. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  let next = firstPort + Math.floor(Math.random() * (portCount - 1000));
  while (ports.length < count) {
    const port = await freePort(next);
    ports.push(port);
    next = port + 1;
  }
  return ports;
}

/** True once somebody listens there, accepting or not; undefined before. */
export async function isOpen(port: number, host = "127.0.0.1"): Promise<true | undefined> {
  return await new Promise((resolve) => {
    const socket = connect(port, host);
    const end = (open: true | undefined): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(undefined));
  });
}

async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, host, () => {
      const taken = (server.address() as AddressInfo).port;
      server.close(() => resolve(taken === port));
    });
  });
}
