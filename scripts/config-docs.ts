/**
 * Writes docs/configuration.md: what stands below, and a table for each interface of src/config/config.ts. A test holds
 * the file to it. Run: node --conditions=skein-source scripts/config-docs.ts
 */
import { writeFileSync } from "node:fs";
import { keyTable, readInterfaces } from "./interfaces.ts";

export const configDocsFile = new URL("../docs/configuration.md", import.meta.url);

const sections: [name: string, title: string][] = [
  ["SkeinConfig", "The whole"],
  ["ListenerConfig", "`listen[]`"],
  ["RedirectConfig", "`listen[].redirect`"],
  ["TlsConfig", "`tls`, `listen[].tls`"],
  ["CertificateConfig", "`tls.certificates[]`"],
  ["HstsConfig", "`tls.hsts`"],
  ["EtcdConfig", "`store`, for several hosts"],
  ["EtcdTlsConfig", "`store.tls`"],
  ["ServiceConfig", "`services.NAME`"],
  ["WorkerEntryConfig", "`services.NAME.workers[]`"],
  ["CheckConfig", "`services.NAME.check`"],
  ["AdaptiveLimitConfig", "`services.NAME.adaptiveLimit`"],
  ["QueueConfig", "`services.NAME.queue`"],
  ["PolicyConfig", "`services.NAME.policy`, as an object"],
  ["SubsetConfig", "`services.NAME.subsets.NAME`"],
  ["StickyConfig", "`services.NAME.sticky`"],
  ["WorkerTlsConfig", "`services.NAME.tls`"],
  ["RouteConfig", '`routes["/path"]`'],
  ["PriorityConfig", '`routes["/path"].priority`'],
  ["RateLimitConfig", '`routes["/path"].rateLimit`'],
  ["RewriteConfig", '`routes["/path"].rewrite`'],
  ["LimitsConfig", "`limits`"],
  ["TimeoutsConfig", "`timeouts`"],
  ["RetryBudgetConfig", "`retryBudget`"],
  ["AccessLogConfig", "`accessLog`, as an object"],
  ["RequestsConfig", "`requests`"],
  ["TracesConfig", "`traces`"],
  ["RegistrationConfig", "`registration`"],
];

const opening = `# Configuration

Two lines are enough; workers of \`web\` join by themselves:

\`\`\`ts
// skein.config.ts
import { defineConfig } from "skein/config";
export default defineConfig({ listen: ":8080", routes: { "/": "web" } });
\`\`\`

The same as JSON, with workers at fixed addresses (\`skein schema > skein.schema.json\` gives an editor the schema):

\`\`\`json
{
  "$schema": "./skein.schema.json",
  "listen": "127.0.0.1:8080",
  "services": { "web": { "workers": ["127.0.0.1:8081", "127.0.0.1:8082"], "check": { "http": "/healthz" } } },
  "routes": { "/api/*": "api", "/": "web" }
}
\`\`\`

\`skein up\` takes \`skein.config.ts\`, \`.mts\`, \`.cts\`, \`.js\`, \`.mjs\`, \`.cjs\` or \`.json\` of the directory in which it runs, or the file named with
\`--config\`. Without one there are no routes: as long as there is a single service, everything goes to it.

- \`skein config check\` says what is wrong, all of it at once (of one key, service or route an unknown key or a wrong type first), with line and column (JSON) or the key's path (modules);
- \`skein config print\` shows every value in force and where it came from;
- \`skein route test GET /x --config FILE\` tells which route a request meets, and why not the others;
- \`skein reload\` (or SIGHUP) reads the file again without losing a connection. What does not validate is refused as a
  whole and the old configuration stays. The command returns when every proxy serves by what was read, and fails after 15 s where that
  cannot be (no controller that can write it); where another gateway of the same store leads, it says that the other's counts. \`state\`,
  \`control\` and \`store\` cannot change while the gateway runs.

## What wins

The command line over the environment over the file over the default:

| key | command line | environment |
| --- | --- | --- |
| \`listen\` | \`--listen\` (may be repeated) | \`SKEIN_LISTEN\` (separated by commas) |
| \`control\` | \`--control\` | \`SKEIN_CONTROL\` |
| \`state\` | \`--state\` | \`SKEIN_STATE\` |
| \`proxies\` | \`--proxies\` | \`SKEIN_PROXIES\` |
| \`controllers\` | \`--controllers\` | \`SKEIN_CONTROLLERS\` |
| \`store\` | \`--store\` | \`SKEIN_STORE\` |
| \`accessLog\` | \`--access-log\` | \`SKEIN_ACCESS_LOG\` |
| (the file) | \`--config\` | \`SKEIN_CONFIG\` |

## A store for several hosts

The gateways of several hosts are one cluster when they share an etcd (3.4 or newer): configuration, drains, weights, events and
the leadership are there. Without it everything serves on; only changes are refused, until it is back.

\`\`\`
skein up --store etcd://10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379
skein up --store 'etcds://skein@10.0.0.1:2379/orders?passwordFile=/etc/skein/etcd-password&ca=/etc/skein/etcd-ca.pem'
\`\`\`

The second form has a user, a prefix (\`orders\`) and TLS; the same can be written as an object, see below. Where etcd
has users, it needs a name and a password: its gateway for JSON, which skein uses, knows no users by certificate. These files are read
again whenever a connection or a token is made anew; where one cannot be used, the log says so, and what was read before counts.

When etcd is replaced, restored from a backup or begun anew, skein keeps what it knows, tells it as an alarm (log, \`skein store
status\`, the metric \`skein_store_condition\`) and changes nothing until you say which counts:

- \`skein store adopt\` takes what is in etcd now;
- \`skein store republish\` writes what this gateway knows.

One word at a gateway that keeps what it knew counts for all, also for those that began meanwhile without their state directory and know
only what they wrote into the new etcd.

Where somebody else writes to etcd at the moment of that word, nothing is decided, and the command says so: say it again.

Records that somebody deletes or changes by hand are written anew by the leader. A leader that never knew them whole (it started after the
damage, without a state directory), or only as they were before a later write, keeps what can still be read of them; where the record
\`cluster/head\` itself is gone it writes what it knows, or nothing if it knows nothing, and \`skein store status\` says what to do. Events that were changed so are
passed over, and the log names their key.

A \`skein.db\` in which something is damaged is moved aside (\`skein.db.corrupt-1\`) and begun anew with all that its checksums prove: configuration, drains,
weights, join tokens, events. The event \`store-replaced\` says whether drains, weights and join tokens stand or are lost.

A backup of the store \`sqlite\` (\`sqlite3 skein.db '.backup FILE'\` in the state directory) may be written back while the gateway runs (\`.restore FILE\`; not by \`cp\`
or \`mv\`, which go past sqlite): requests are served on, and the controllers begin anew with its drains, weights, join tokens and events. The configuration is that of the file.

## Which route wins

A path is matched by its raw bytes, segment by segment: \`/a\` is that path alone, \`/a/*\` matches \`/a\`, \`/a/\` and \`/a/b\` but never
\`/ab\`, \`:name\` matches one segment that is not empty, \`/\` alone means \`/*\`. The order is

1. \`order\`, lower first (default 0);
2. the host: an exact one, then \`*.example.com\` with more labels, then any;
3. the path: an exact one; then, segment by segment from the left, a fixed segment before \`:name\` before \`*\`. So the
   longer prefix goes first, and \`/users/:id\` goes before \`/users/*\`;
4. more conditions (methods count as one, each header and each query parameter as one);
5. the position in the file.

Of a route's several \`hosts\` the one that fits the request counts; \`skein routes\` shows the route where the first of them puts it.

Two routes that ask exactly the same are an error: the second would never be reached. Several routes for one path
stand in a list: \`"/": [{ "to": "beta", "headers": { "x-beta": "1" } }, "web"]\`.

## TLS

One certificate for every listener, or one listener with TLS beside a plain one that sends everybody there:

\`\`\`ts
export default defineConfig({ listen: ":443", tls: { cert: "./cert.pem", key: "./key.pem" } });
export default defineConfig({
  listen: [
    { address: ":443", tls: { cert: "./fullchain.pem", key: "./privkey.pem", hsts: true } },
    { address: ":80", redirect: "https" },
    "127.0.0.1:8080",
  ],
});
\`\`\`

- **Several hosts**: \`tls: [{ cert, key }, ...]\`. Each certificate serves the DNS names in it, also \`*.example.com\` (one label); the first
  one serves whoever names no host or another one. A request whose \`Host\` is not the one that the handshake named is
  answered 421 (\`misdirected\`); only \`trustedProxies\` may differ.
- **New certificates** under the same paths are taken by \`skein reload\` (or SIGHUP): no connection is lost, new ones get the new certificate.
  \`skein reload\` returns when every proxy has it, \`skein status\` shows which is in use and until when, the metric
  \`skein_tls_certificate_expiry_seconds\` lets you be warned. On a host with \`role: "proxy"\` the proxies are replaced one by one for it.
  Where several gateways share a store, each takes the files of its own host: renew them there and reload it, in any order. They may
  be the same or others at each; so may the files of \`services.NAME.tls.ca\`.
- **Bad files** (missing, unreadable, not PEM, encrypted, a key that does not fit) are refused by \`skein config check\`, \`skein up\` and
  \`skein reload\`, and the old ones stay in use. A certificate out of its time is a warning. When a file goes bad between the check and a
  proxy's own reading, that proxy keeps the old content, says so (log, \`skein status\`, \`skein_tls_certificate_faulty\`) and tries
  again every 5 s; one that has no old content leaves the listener to the other proxies until it can read the files.
- **Keys** are read by the proxies alone. They stand in no store, routing table, log or output. Keys of session tickets
  are made by the supervisor, changed every 12 hours, and kept in memory: any proxy resumes what another one began,
  also after it was replaced.
- TLS 1.2 and 1.3 with Node's ciphers, HTTP/1.1, no renegotiation. A handshake has \`timeouts.handshake\`. A request in clear is
  answered 400 (\`plain-http\`).
- \`--listen\` and \`SKEIN_LISTEN\` replace \`listen\` as a whole, with the \`tls\` in it; \`tls\` at the top still holds.

Workers that speak HTTPS: \`"services": { "web": { "workers": ["web.internal:8443"], "tls": { "ca": "./ca.pem" } } }\`. Requests and checks go over TLS, and a worker
that cannot show a certificate for its name by one of these authorities gets none: the log and the metric
\`skein_worker_tls_failures_total\` say why. A service with \`tls\` is spoken to by HTTP/1.1 alone: its certificate says more than a link's key does.

## Units

Durations are milliseconds, or a text with \`ms\`, \`s\`, \`m\`, \`h\`, \`d\`: \`"30s"\`. Sizes are bytes, or a text with \`B\`, \`KB\`, \`MB\`, \`GB\` (powers
of 1000) or \`KiB\`, \`MiB\`, \`GiB\` (powers of 1024): \`"64KiB"\`.
`;

export function configDocs(): string {
  const interfaces = new Map(readInterfaces("src/config/config.ts").map(({ name, keys }) => [name, keys]));
  const parts = sections.map(([name, title]) => {
    const keys = interfaces.get(name) ?? [];
    return ["", `## ${title}`, "", keyTable(keys)].join("\n");
  });
  return `${opening}${parts.join("\n")}\n`;
}

if (import.meta.main) writeFileSync(configDocsFile, configDocs());
