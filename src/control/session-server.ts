import { WebSocket } from "ws";
import { SkeinError } from "../protocol/error.ts";
import type { StoredToken } from "../protocol/join-token.ts";
import { problems } from "../protocol/problem.ts";
import type { ControllerFrame } from "../protocol/session.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import { type AddressRules, judgeLinkPort } from "./address-rules.ts";
import type { Arrivals } from "./arrivals.ts";
import type { Caller } from "./caller.ts";
import { type Grant, guardJoin } from "./guard.ts";
import { isProven, joinProof, type Life, proofNumbers } from "./join-proof.ts";
import { check, parseJson } from "./parse-json.ts";
import type { ControlPorts } from "./ports.ts";
import { loadOf, requestOf, type SessionSocket, type SessionTaken } from "./registration.ts";
import { helloSchema } from "./schema.ts";
import { allowedAddress, joinFacts } from "./worker-routes.ts";

export const sessionNumbers = {
  payloadBytesMax: 16 * 1024,
  helloMsMax: 5_000,
  framesPerSecondMax: 50,
  /** Frames that may come while the hello is still being judged (a name is resolved). */
  framesAheadMax: 16,
  backlogBytesMax: 64 * 1024,
} as const;

/** Codes after which the same hello would only be refused again. */
const finalCodes = new Set(["invalid", "address-forbidden", "generation-old", "unauthorized", "forbidden"]);

export interface SessionOptions {
  socket: WebSocket;
  caller: Caller;
  /** As it came. A session authenticates once. */
  grant: Grant;
  ports: ControlPorts;
  rules: AddressRules;
  /** Of all sessions of this controller. */
  arrivals: Arrivals;
  clock: Clock;
}

/**
 * One worker's session.
 *
 *   opened --hello accepted--> joined --leave, close--> over
 *     |                          (any frame renews the lease)
 *     +--hello refused, or none within 5 s; ask: answered--> over
 */
export class Session implements SessionSocket {
  readonly #socket: WebSocket;
  readonly #caller: Caller;
  readonly #grant: Grant;
  readonly #ports: ControlPorts;
  readonly #rules: AddressRules;
  readonly #arrivals: Arrivals;
  readonly #clock: Clock;
  readonly #helloTimer: Timer;
  readonly #ahead: Record<string, unknown>[] = [];
  #state: "opened" | "judged" | "joined" | "over" = "opened";
  #taken: SessionTaken | undefined;
  #life: Life | undefined;
  #provenAt = Number.NEGATIVE_INFINITY;
  #seq = 0;
  #frames = 0;
  /** It says that it has joined before. */
  #cameBack = false;
  #pings = 0;
  #secondAt = 0;

  constructor({ socket, caller, grant, ports, rules, arrivals, clock }: SessionOptions) {
    this.#socket = socket;
    this.#caller = caller;
    this.#grant = grant;
    this.#ports = ports;
    this.#rules = rules;
    this.#arrivals = arrivals;
    this.#clock = clock;
    // After a pause of this process, or in a crowd, the hello may be waiting in the socket: it is read first.
    this.#helloTimer = clock.after(sessionNumbers.helloMsMax, () => {
      clock.afterPendingInput(() => this.#noHello());
    });
    socket.on("message", (data, isBinary) => this.#message(data as Buffer, isBinary));
    socket.on("error", () => {});
    socket.on("close", () => this.#closed());
  }

  desired(desired: "serve" | "drain"): void {
    this.#send({ t: "desired", term: this.#ports.term(), desired });
  }

  ping(): void {
    this.#pings += 1;
    this.#send({ t: "ping", n: this.#pings });
  }

  pace(heartbeatEveryMs: number, ttlMs: number): void {
    this.#send({ t: "pace", heartbeatEveryMs, ttlMs });
  }

  controllers(controllers: string[]): void {
    if (this.#state === "joined") this.#send({ t: "controllers", controllers });
  }

  /**
   * A token that was revoked takes out who joined by it, as an operator's removal does. One that was rotated may have got
   * only now what proofs are made with.
   */
  tokensChanged(good: ReadonlySet<string>): void {
    const { join } = this.#grant;
    if (join === undefined) return;
    if (good.has(join.id)) return this.#renewProof();
    this.#taken?.leave();
    this.close("unauthorized", "The join token of this worker was revoked.", true);
  }

  close(code: string, detail: string, final: boolean): void {
    if (this.#state === "over") return;
    this.#send({ t: "refused", code, detail, final, retryAfterMs: final ? 0 : 100 });
    this.#end();
  }

  /** Not final: who was too late by a crowd, here or at its side, may come again. */
  #noHello(): void {
    if (this.#state !== "opened") return;
    const { code } = problems.requestTimeout;
    this.close(code, `No hello came within ${sessionNumbers.helloMsMax} ms.`, false);
  }

  #message(data: Buffer, isBinary: boolean): void {
    if (this.#state === "over") return;
    if (isBinary || this.#tooFast()) {
      this.#refuse(new SkeinError("tooManyRequests", "Only text frames, and not so many."));
      return;
    }
    try {
      const frame = parseJson(data.toString("utf8"));
      if (typeof frame !== "object" || frame === null)
        throw new SkeinError("invalid", "A frame is a JSON object.");
      this.#frame(frame as Record<string, unknown>);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #tooFast(): boolean {
    const now = this.#clock.now();
    if (now - this.#secondAt >= 1_000) {
      this.#secondAt = now;
      this.#frames = 0;
    }
    this.#frames += 1;
    return this.#frames > sessionNumbers.framesPerSecondMax;
  }

  #frame(frame: Record<string, unknown>): void {
    if (this.#state === "opened" && frame["t"] === "ask") {
      this.#send({ t: "controllers", controllers: this.#ports.controllerUrls() });
      this.#end();
      return;
    }
    if (this.#state === "opened") {
      this.#state = "judged";
      this.#helloTimer.cancel();
      this.#hello(frame).catch((error: unknown) => this.#refuse(error));
      return;
    }
    if (this.#taken === undefined) {
      if (this.#ahead.length >= sessionNumbers.framesAheadMax) {
        throw new SkeinError("tooManyRequests", "Wait for the welcome before sending so much.");
      }
      this.#ahead.push(frame);
      return;
    }
    this.#follow(frame, this.#taken);
  }

  async #hello(frame: Record<string, unknown>): Promise<void> {
    const hello = check(helloSchema, frame);
    this.#cameBack = hello.generation !== undefined;
    guardJoin(this.#grant, hello.service, {
      ...joinFacts(this.#ports, hello),
      proven: () => this.#isProven(hello),
    });
    const address = await allowedAddress(this.#ports, this.#rules, hello, this.#caller);
    if (hello.link !== undefined) judgeLinkPort(hello.link.port, address, this.#ports.registration());
    // The socket may have closed while a name was resolved.
    if (this.#state === "over") return;
    this.#taken = this.#ports.openSession(requestOf(hello, address), hello.instance, this);
    this.#state = "joined";
    const { service, id, instance } = hello;
    this.#life = { service, id, instance };
    const proof = this.#newProof();
    const othersWithinMs = this.#arrivals.came(this.#clock.now());
    this.#send({
      t: "welcome",
      v: 1,
      controller: this.#ports.controller,
      url: this.#ports.url(),
      term: this.#ports.term(),
      ...this.#taken.accepted,
      ...(proof === undefined ? {} : { proof }),
      controllers: this.#ports.controllerUrls(),
      ...(othersWithinMs === undefined ? {} : { othersWithinMs }),
    });
    for (const early of this.#ahead.splice(0)) this.#follow(early, this.#taken);
  }

  #follow(frame: Record<string, unknown>, taken: SessionTaken): void {
    switch (frame["t"]) {
      case "beat":
        this.#count(frame);
        taken.beat(loadOf(frame["load"]));
        this.#renewProof();
        return;
      case "blocked":
        this.#count(frame);
        taken.blocked();
        return;
      case "unblocked":
        this.#count(frame);
        taken.unblocked();
        return;
      case "pong":
        taken.beat(undefined);
        return;
      case "drain":
        taken.drain(() => this.#send({ t: "draining" }));
        return;
      case "leave":
        taken.leave();
        this.#end();
        return;
      default:
        throw new SkeinError("invalid", "t: is no frame that a worker may send now.");
    }
  }

  #isProven({ proof, ...life }: Life & { proof?: string | undefined }): boolean {
    const token = this.#token();
    if (token === undefined || proof === undefined) return false;
    const { service, id } = life;
    return isProven(token, life, proof, this.#ports.guard().wallTime()) && !this.#ports.hasLeft(service, id);
  }

  #newProof(): string | undefined {
    const token = this.#token();
    if (token?.proofKey === undefined || this.#life === undefined) return undefined;
    const proof = joinProof(token, this.#life, this.#ports.guard().wallTime());
    if (proof !== undefined) this.#provenAt = this.#clock.now();
    return proof;
  }

  #renewProof(): void {
    if (this.#clock.now() - this.#provenAt < proofNumbers.renewEveryMs) return;
    const proof = this.#newProof();
    if (proof !== undefined) this.#send({ t: "proof", proof });
  }

  /** As it stands now: a rotation may have given it what proofs are made with. */
  #token(): StoredToken | undefined {
    const { join } = this.#grant;
    return join && this.#ports.guard().tokens.find(({ id }) => id === join.id);
  }

  /** A frame that is not newer than one already taken is a replay. */
  #count(frame: Record<string, unknown>): void {
    const seq = frame["seq"];
    if (typeof seq !== "number" || !Number.isSafeInteger(seq) || seq <= this.#seq) {
      throw new SkeinError("invalid", `seq: must be a whole number above ${this.#seq}.`);
    }
    this.#seq = seq;
  }

  #refuse(error: unknown): void {
    if (this.#state === "over") return;
    const known =
      error instanceof SkeinError ? error : new SkeinError("internal", "See the controller's log.");
    if (known !== error) this.#ports.log({ err: error }, "a session made an error");
    const { code, detail } = known;
    // By a token that is over nobody new joins. Who is not known here says that it is not new: others may know it, and tell.
    const isStranger = code === problems.unauthorized.code && this.#cameBack;
    const final = finalCodes.has(code) && !isStranger;
    this.#send({ t: "refused", code, detail, final, retryAfterMs: final ? 0 : 1_000 });
    this.#end();
  }

  #send(frame: ControllerFrame): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#socket.bufferedAmount > sessionNumbers.backlogBytesMax) this.#socket.terminate();
    else this.#socket.send(JSON.stringify(frame));
  }

  #end(): void {
    this.#socket.close(1000);
    this.#closed();
  }

  #closed(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#helloTimer.cancel();
    this.#taken?.lost();
  }
}
