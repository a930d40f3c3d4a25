import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { writeOwnAnswer } from "../../http1/http1.ts";
import type { Accepted } from "../client/accepted.ts";
import { plainHost, readOpening } from "./client-hello.ts";
import type { Engine } from "../engine.ts";
import { ownSecure } from "../sockets/socket-owner.ts";
import { refusedConnection } from "../reports/refused-record.ts";
import { type HandshakeFailure, handshakeFailure } from "./handshake-failure.ts";
import { Deadline } from "../timer-wheel.ts";
import type { TlsReceiver } from "./tls-receiver.ts";

/** Where the configuration is older than this setting. */
const handshakeMsDefault = 10_000;
/** After the answer to a request in clear: what still comes is thrown away for so long, so that it can be read. */
const lingerMs = 1_000;

export interface SecureWelcome {
  readonly receiver: TlsReceiver;
  readonly strictTransport: string;
}

/**
 *   opening --its hello is whole--> shaking --done--> over (HTTP/1.1 begins)
 *      |  \--a request in clear--> answered --> over    |
 *      +------------ gone, too slow, refused -----------+--> over
 *
 * A connection that has not said hello costs no more than its bytes: the TLS library hears of it only then.
 */
export class Handshake {
  /** Among the proxy's connections. */
  slot = -1;
  holder = "";
  readonly #engine: Engine;
  readonly #transport: Socket;
  readonly #welcome: SecureWelcome;
  readonly #done: (handshake: Handshake, accepted: Accepted | undefined) => void;
  readonly #deadline: Deadline;
  #phase: "opening" | "shaking" | "answered" | "over" = "opening";
  #opening: Buffer = Buffer.alloc(0);

  /** `done` is called once; without `accepted` the connection has ended. */
  constructor(
    engine: Engine,
    transport: Socket,
    welcome: SecureWelcome,
    done: (handshake: Handshake, accepted: Accepted | undefined) => void,
  ) {
    this.#engine = engine;
    this.#transport = transport;
    this.#welcome = welcome;
    this.#done = done;
    this.#deadline = new Deadline(engine.wheel, () => this.#timeUp());
    const { handshakeMs = handshakeMsDefault } = engine.rules().settings.timeouts;
    this.#deadline.setAt(engine.clock.now() + handshakeMs);
    engine.statistics.tls.pending += 1;
    transport.on("data", this.#take);
    transport.on("error", () => this.#fail("gone"));
    transport.on("end", () => this.#fail("gone"));
    transport.on("close", () => this.#fail("gone"));
  }

  /** It may end, and its client ask once: who has come so far gets an answer. */
  drain(): void {}

  destroy(): void {
    this.#fail("gone");
  }

  readonly #take = (chunk: Buffer): void => {
    if (this.#phase !== "opening") return;
    this.#opening = this.#opening.length === 0 ? chunk : Buffer.concat([this.#opening, chunk]);
    const opening = readOpening(this.#opening);
    switch (opening.kind) {
      case "more":
        return;
      case "hello":
        return this.#shake(opening.serverName);
      case "plain":
        return this.#answerPlain();
      case "foreign":
        return this.#fail("not-tls");
      case "excessive":
        return this.#fail("invalid");
    }
  };

  #shake(serverName: string): void {
    const transport = this.#transport;
    this.#phase = "shaking";
    transport.off("data", this.#take);
    transport.pause();
    transport.unshift(this.#opening);
    this.#opening = Buffer.alloc(0);
    const secure = this.#begin(serverName);
    if (secure === undefined) return;
    secure.on("error", (error) => this.#fail(handshakeFailure(error)));
    secure.on("close", () => this.#fail("gone"));
    secure.on("secure", () => this.#secured(secure, serverName));
  }

  #begin(serverName: string): TLSSocket | undefined {
    try {
      return this.#welcome.receiver.receive(this.#transport, serverName);
    } catch (error) {
      this.#engine.logger.error({ error: String(error) }, "a TLS handshake could not be begun");
      this.#fail("invalid");
      return undefined;
    }
  }

  #secured(secure: TLSSocket, serverName: string): void {
    if (this.#phase !== "shaking") return;
    // The library has read the same hello. Not known to it where an older session is resumed.
    const heard = (secure as { servername?: string | false | null }).servername;
    if (typeof heard === "string" && plainHost(heard) !== serverName) return this.#fail("invalid");
    this.#end();
    const { tls } = this.#engine.statistics;
    tls.handshakes += 1;
    if (secure.isSessionReused()) tls.resumed += 1;
    this.#done(this, {
      address: this.#transport.remoteAddress ?? "",
      socket: secure,
      own: (_, owner) => ownSecure(secure, owner),
      transport: this.#transport,
      protocol: "https",
      serverName,
      strictTransport: this.#welcome.strictTransport,
      redirectPort: 0,
    });
  }

  /** Somebody wrote http:// for https://: a browser shows the answer, in place of a broken connection. */
  #answerPlain(): void {
    const { statistics } = this.#engine;
    this.#phase = "answered";
    statistics.tls.fail("plain-http");
    statistics.problem("plain-http");
    const { status, fields, body } = refusedConnection(this.#engine, this.#transport, "plainHttp");
    this.#transport.end(
      writeOwnAnswer({ status, fields, body, keepAlive: false, headOnly: false }),
      "latin1",
    );
    this.#transport.resume();
    this.#deadline.setAt(this.#engine.clock.now() + lingerMs);
  }

  #timeUp(): void {
    this.#fail("timeout");
  }

  #fail(failure: HandshakeFailure): void {
    if (this.#phase === "over") return;
    if (this.#phase !== "answered") this.#engine.statistics.tls.fail(failure);
    this.#end();
    this.#transport.destroy();
    this.#done(this, undefined);
  }

  #end(): void {
    this.#phase = "over";
    this.#deadline.dispose();
    this.#engine.statistics.tls.pending -= 1;
  }
}
