import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { buffer } from "node:stream/consumers";
import type { Running } from "../peers/peer.ts";
import type { PeerName } from "../suite/peer-names.ts";
import { routePaths, type Setup } from "../suite/setup.ts";
import { smallAnswerBytes } from "../suite/cases.ts";
import { eventually } from "../../src/demo/wait.ts";

const readyWithinMs = 15_000;
/** What skein adds to every request, and so what every peer must add to be compared with it. */
const expected = [
  "x-request-id",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "forwarded",
  "via",
];

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

async function ask(running: Running, tls: boolean, path: string, body?: Buffer): Promise<Answer> {
  const options = {
    host: "127.0.0.1",
    port: running.port,
    path,
    agent: false as const,
    method: body === undefined ? "GET" : "POST",
    ...(tls ? { rejectUnauthorized: false } : {}),
  };
  const asking = (tls ? requestTls : requestPlain)(options);
  asking.end(body);
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
}

/**
 * Shows that a peer does what it is measured at, before it is: its first, last and no route, a whole upload, and that
 * it adds to a request what the others add. Gives the names of these fields. Throws where it does not.
 */
export async function prove(running: Running, peer: PeerName, setup: Setup): Promise<string[]> {
  const paths = routePaths(setup.routes);
  const path = paths[0] ?? "/";
  await eventually(async () => (await ask(running, setup.tls, path)).status === 200 || undefined, {
    withinMs: readyWithinMs,
  });
  for (const one of paths) {
    const { status, body } = await ask(running, setup.tls, one);
    if (status !== 200 || body.length !== smallAnswerBytes)
      throw new Error(`it answers ${one} with ${status} and ${body.length} bytes`);
  }
  if (setup.routes > 1) {
    const { status } = await ask(running, setup.tls, "/no-such-route");
    if (status !== 404) throw new Error(`it answers a path without a route with ${status}, not 404`);
    return [];
  }
  return setup.service === "node" ? await proveForwarding(running, peer, setup.tls) : [];
}

async function proveForwarding(running: Running, peer: PeerName, tls: boolean): Promise<string[]> {
  const sent = Buffer.alloc(300_000, "x");
  const { headers } = await ask(running, tls, "/upload", sent);
  const received = String(headers["x-received-bytes"]);
  if (received !== String(sent.length))
    throw new Error(`of ${sent.length} bytes of an upload the worker got ${received}`);
  const names = (await ask(running, tls, "/head")).body.toString();
  const seen = (JSON.parse(names) as string[]).filter((_, index) => index % 2 === 0);
  const adds = [...new Set(seen.map((name) => name.toLowerCase()))].filter(
    (name) => name !== "host" && name !== "connection",
  );
  const lacking = expected.filter((name) => !adds.includes(name));
  if (peer !== "bare" && lacking.length > 0) throw new Error(`it does not add ${lacking.join(", ")}`);
  return adds;
}
