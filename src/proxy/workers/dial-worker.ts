import type { TLSSocket } from "node:tls";
import { dial, type Dialled, type DialOptions, isDistrust } from "../../runtime/dial.ts";
import type { Engine } from "../engine.ts";
import type { Worker } from "./worker.ts";

/**
 * Connects to a worker for HTTP/1.1: by the TLS of its service, going on from the last connection's ticket; else, on another host,
 * through the port of its link, encrypted by that key; else in clear.
 */
export function dialWorker(
  engine: Engine,
  worker: Worker,
  options: Pick<DialOptions, "onread" | "keepAliveMs"> = {},
): Dialled {
  const { tls, ticket, sealedBy } = worker;
  if (tls === undefined && sealedBy !== undefined) {
    const target = { host: worker.host, port: sealedBy.port, serverName: undefined };
    return dial(target, { ...options, seal: { key: sealedBy.key, protocol: "http/1.1" } });
  }
  if (tls === undefined) return dial(worker, options);
  const resumed = isInTime(engine, ticket) ? ticket?.bytes : undefined;
  const dialled = dial(worker, { ...options, trust: engine.trusts.of(worker.service, tls), ticket: resumed });
  const socket = dialled.socket as TLSSocket;
  socket.on("session", (bytes: Buffer) => {
    const until = Date.parse(socket.getPeerX509Certificate()?.validTo ?? "");
    if (worker.tls === tls) worker.ticket = { bytes, until };
  });
  return dialled;
}

/** Who resumes a session is not asked for a certificate again: the one that was verified must hold still. */
function isInTime({ clock }: Engine, ticket: Worker["ticket"]): boolean {
  return ticket !== undefined && Date.parse(clock.wallTime()) < ticket.until;
}

/** Whether a connection that was never established failed because the worker is not trusted; then that is told. */
export function isUntrusted(engine: Engine, worker: Worker, error: NodeJS.ErrnoException): boolean {
  if (worker.protection === undefined || !isDistrust(error)) return false;
  engine.statistics.tls.workerFailed(error.code ?? "unknown");
  engine.trusts.complain(worker.service, worker.id, error);
  return true;
}
