import { once } from "node:events";
import { type AddressInfo, connect as connectPlain, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { type IssuedFiles, TestAuthority } from "../../../test/certificates.ts";
import type { Reception } from "../../protocol/configuration.ts";
import { readCertificate } from "../../runtime/certificate.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import { TestPeer, type TestWorker } from "./testing-peers.ts";
import { startTestProxy, type TestProxy } from "./testing-proxy.ts";
import { type TestTableParts, testWorkerRow } from "./testing-table.ts";

type SecureReception = Extract<Reception, { kind: "https" }>;

/** What the configuration makes of these files. */
export function secureReception(
  files: readonly IssuedFiles[],
  more: Partial<SecureReception> = {},
): SecureReception {
  const certificates = files.map((each) => {
    const reading = readCertificate(each, Date.now());
    return { ...each, digest: reading.ok ? reading.certificate.digest : "" };
  });
  return { kind: "https", certificates, minVersion: "TLSv1.2", ...more };
}

/** A client that has shaken hands. */
export class TlsPeer extends TestPeer {
  readonly secure: TLSSocket;
  /** Its latest ticket. */
  session: Buffer | undefined;

  constructor(secure: TLSSocket) {
    super(secure);
    this.secure = secure;
    secure.on("session", (session) => (this.session = session));
  }

  /** Names that the server's certificate is for. */
  get shown(): string {
    return this.secure.getPeerX509Certificate()?.subjectAltName ?? "";
  }
}

export interface TlsTestProxy extends TestProxy {
  authority: TestAuthority;
  worker1: TestWorker;
  /** Of the listener with TLS. */
  securePort: number;
  /** Another reception of that listener, by a new table. */
  receive: (reception: Reception, parts?: TestTableParts) => void;
  shake: (options?: ConnectionOptions) => Promise<TlsPeer>;
}

/** A proxy with a listener for TLS named `secure`, in front of one worker. */
export async function startTlsProxy(
  context: { after(fn: () => void): void },
  reception: (authority: TestAuthority) => Reception = (authority) =>
    secureReception([authority.issue(["localhost"])]),
  parts: TestTableParts = {},
  clock: Clock = systemClock,
): Promise<TlsTestProxy> {
  const authority = new TestAuthority(context);
  const test = await startTestProxy(context, clock);
  const worker1 = await test.worker();
  const receive = (next: Reception, more: TestTableParts = {}): void => {
    const proxy = { ...parts.proxy, ...more.proxy, receptions: { secure: next } };
    test.table({ ...parts, ...more, proxy, workers: [testWorkerRow(worker1.port)] });
  };
  receive(reception(authority));
  const server = await test.proxy.listen({ host: "127.0.0.1", port: 0 }, "secure");
  const securePort = (server.address() as AddressInfo).port;
  const shake = async (options: ConnectionOptions = {}): Promise<TlsPeer> => {
    const peer = shakeHands(securePort, { ca: authority.caText, ...options });
    context.after(() => peer.close());
    await once(peer.secure, "secureConnect");
    return peer;
  };
  return { ...test, authority, worker1, securePort, receive, shake };
}

export function shakeHands(port: number, options: ConnectionOptions): TlsPeer {
  return new TlsPeer(connect({ host: "127.0.0.1", port, servername: "localhost", ...options }));
}

/** A client that has shaken hands, behind a line that passes its bytes on as the test says. */
export class SlowLine {
  readonly me: TlsPeer;
  readonly #raw: Socket;
  #holds = false;
  #held: Buffer = Buffer.alloc(0);

  private constructor(me: TlsPeer, raw: Socket) {
    this.me = me;
    this.#raw = raw;
  }

  static async shake(context: { after(fn: () => void): void }, proxy: TlsTestProxy): Promise<SlowLine> {
    const raw = connectPlain({ port: proxy.securePort, host: "127.0.0.1", noDelay: true });
    context.after(() => raw.destroy());
    const [near, far] = duplexPair();
    const secure = connect({ socket: near, servername: "localhost", ca: proxy.authority.caText });
    const line = new SlowLine(new TlsPeer(secure), raw);
    raw.on("error", () => {});
    raw.on("data", (bytes: Buffer) => far.write(bytes));
    raw.on("close", () => far.end());
    far.on("data", (bytes: Buffer) => line.#take(bytes));
    await once(secure, "secureConnect");
    return line;
  }

  #take(bytes: Buffer): void {
    if (this.#holds) this.#held = Buffer.concat([this.#held, bytes]);
    else this.#raw.write(bytes);
  }

  /** From now on nothing passes by itself. */
  hold(): void {
    this.#holds = true;
  }

  get held(): number {
    return this.#held.length;
  }

  get passed(): number {
    return this.#raw.bytesWritten;
  }

  /** So many bytes of those that are held; all of them. */
  pass(bytes = this.held): void {
    this.#raw.write(this.#held.subarray(0, bytes));
    this.#held = this.#held.subarray(bytes);
  }
}
