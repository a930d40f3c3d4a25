import { once } from "node:events";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { freePorts } from "../../src/demo/cluster/free-port.ts";
import { type IssuedFiles, TestAuthority } from "../certificates.ts";
import { eventually, startPlainWorker, TestGateway } from "./harness.ts";

/** A gateway of real processes with a plain listener, one with TLS, and one that sends on to it. */
export class SecureGateway {
  readonly gateway: TestGateway;
  readonly authority: TestAuthority;
  readonly files: IssuedFiles;
  readonly ports: { plain: number; secure: number; redirect: number };
  readonly #context: TestContext;

  static async start(context: TestContext, more: Record<string, unknown> = {}): Promise<SecureGateway> {
    const authority = new TestAuthority(context);
    const { address } = await startPlainWorker(context);
    const [plain = 0, secure = 0, redirect = 0] = await freePorts(3);
    const files = { cert: join(authority.directory, "cert.pem"), key: join(authority.directory, "key.pem") };
    put(authority.issue(["localhost"]), files);
    const configuration = {
      listen: [
        `127.0.0.1:${plain}`,
        { address: `127.0.0.1:${secure}`, tls: { ...files, hsts: "1d" } },
        { address: `127.0.0.1:${redirect}`, redirect: "https" },
      ],
      services: { web: { workers: [address], check: false } },
      ...more,
    };
    const gateway = await TestGateway.start(context, { configuration });
    return new SecureGateway(context, gateway, authority, files, { plain, secure, redirect });
  }

  private constructor(
    context: TestContext,
    gateway: TestGateway,
    authority: TestAuthority,
    files: IssuedFiles,
    ports: SecureGateway["ports"],
  ) {
    this.#context = context;
    this.gateway = gateway;
    this.authority = authority;
    this.files = files;
    this.ports = ports;
  }

  get url(): string {
    return `https://127.0.0.1:${this.ports.secure}/`;
  }

  /** Another certificate for the same host under the same paths. */
  async renew(): Promise<void> {
    put(this.authority.issue(["localhost"]), this.files);
  }

  /** Shakes hands once, as a new client or with a session from before. */
  async shake(options: ConnectionOptions = {}): Promise<Shaken> {
    const secure = connect({
      host: "127.0.0.1",
      port: this.ports.secure,
      servername: "localhost",
      ca: this.authority.caText,
      ...options,
    });
    this.#context.after(() => secure.destroy());
    const session = (once(secure, "session") as Promise<[Buffer]>).then(([ticket]) => ticket);
    // A proxy that is killed later may reset it: that is the matter of whoever still waits for something.
    secure.on("error", () => {});
    session.catch(() => {});
    await once(secure, "secureConnect");
    const reused = secure.isSessionReused();
    const shown = secure.getPeerX509Certificate()?.fingerprint256 ?? "";
    return { secure, reused, shown, session };
  }

  /** The certificates that so many new clients are shown. */
  async shown(clients = 12): Promise<string[]> {
    const seen = new Set<string>();
    for (let client = 0; client < clients; client += 1) {
      const { secure, shown } = await this.shake();
      seen.add(shown);
      secure.destroy();
    }
    return [...seen];
  }

  /** The word of `skein`: its exit code and what it said. */
  async skein(args: string[]): Promise<{ code: number; said: string }> {
    const before = this.gateway.log().length;
    const [code] = (await once(this.gateway.skein(args), "exit")) as [number];
    return { code, said: this.gateway.log().slice(before) };
  }

  /** What a metric says, over all proxies. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.gateway.controlUrl}/metrics`)).text();
    const lines = text
      .split("\n")
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  async untilMetric(name: string, holds: (value: number) => boolean): Promise<void> {
    let last = Number.NaN;
    await eventually(
      async () => {
        last = await this.metric(name);
        return holds(last) || undefined;
      },
      () => `${name}, last ${last}`,
    );
  }
}

export interface Shaken {
  secure: TLSSocket;
  reused: boolean;
  /** Fingerprint of the certificate. */
  shown: string;
  /** A ticket to come back with. */
  session: Promise<Buffer>;
}

export function put(from: IssuedFiles, to: IssuedFiles): void {
  copyFileSync(from.cert, to.cert);
  copyFileSync(from.key, to.key);
}
