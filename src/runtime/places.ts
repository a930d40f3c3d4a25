import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** Where a gateway keeps what it needs on its host. All paths are absolute. */
export interface Places {
  /** The state directory itself. */
  state: string;
  /** What is running and where: `GatewayFile` of protocol/supervision. */
  gatewayFile: string;
  /** What tells this gateway from others that share its store. */
  nameFile: string;
  /** The operators' token, mode 0600. */
  tokenFile: string;
  /** Signs this gateway's sticky cookies, mode 0600. */
  stickyKeyFile: string;
  /** On a host without controllers: the join token of this host (0600), and the routing table that was known last. */
  joinTokenFile: string;
  tableFile: string;
  /** Certificates of the cluster: the authority's, and this host's with its key (0600). Not there: no TLS. */
  tls: { ca: string; cert: string; key: string };
  /** SQLite database of the store. */
  database: string;
  /** What etcd held, when it is the store. */
  lastKnownFile: string;
  /** Unix sockets. Short on purpose: a unix socket's path may have only 107 bytes. */
  run: string;
  supervisorSocket: string;
  /** In the state directory, wherever the sockets are: it says who may act there. */
  supervisorLock: string;
  /** The unix socket on which controller `name` serves the control API. */
  controllerSocket(name: string): string;
}

const unixSocketPathBytesMax = 107;
/** Not what TMPDIR says: under sudo, cron or systemd that is another directory, and the same gateway has to be found from there. */
const temporary = process.platform === "win32" ? tmpdir() : "/tmp";

export function placesIn(stateDirectory: string): Places {
  const state = resolve(stateDirectory);
  const near = join(state, "run");
  const longest = Buffer.byteLength(join(near, "controller-000.sock"));
  const digest = createHash("sha256").update(state).digest("hex").slice(0, 16);
  const run = longest <= unixSocketPathBytesMax ? near : join(temporary, `skein-${digest}`);
  return {
    state,
    gatewayFile: join(state, "gateway.json"),
    nameFile: join(state, "name"),
    tokenFile: join(state, "token"),
    stickyKeyFile: join(state, "sticky-key"),
    joinTokenFile: join(state, "join-token"),
    tableFile: join(state, "table.json"),
    tls: {
      ca: join(state, "tls", "ca.pem"),
      cert: join(state, "tls", "control.pem"),
      key: join(state, "tls", "control-key.pem"),
    },
    database: join(state, "skein.db"),
    lastKnownFile: join(state, "etcd.json"),
    run,
    supervisorSocket: join(run, "supervisor.sock"),
    supervisorLock: join(near, "supervisor.lock"),
    controllerSocket: (name) => join(run, `${name}.sock`),
  };
}
