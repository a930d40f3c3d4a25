import { createHmac } from "node:crypto";
import type { AnswerHead, Origin, RequestHead } from "../../http1/http1.ts";
import type { Sticky } from "../../protocol/configuration.ts";
import { cookieIn } from "../exchange/cookie.ts";
import type { Worker } from "./worker.ts";

/** 128 bits, which nobody guesses. */
const tokenBytes = 16;
const tokenLength = Math.ceil((tokenBytes * 4) / 3);

/**
 * Which worker a client's cookie names. Its value is a keyed hash (HMAC-SHA256) of the service's name and the worker's
 * id: whoever has the key finds the same one at every proxy of every gateway, and nobody else can make one or read an id
 * from it. The hashes are made when the workers change; a request costs one look into a map, whatever it brings.
 */
export class Stickiness {
  readonly settings: Sticky;
  readonly #service: string;
  readonly #key: string;
  readonly #byToken = new Map<string, Worker>();
  readonly #tokens = new Map<Worker, string>();

  constructor(service: string, settings: Sticky, key: string) {
    this.settings = settings;
    this.#service = service;
    this.#key = key;
  }

  add(worker: Worker): void {
    const text = `skein sticky\n${this.#service}\n${worker.id}`;
    const digest = createHmac("sha256", this.#key).update(text).digest();
    const token = digest.subarray(0, tokenBytes).toString("base64url");
    this.#byToken.set(token, worker);
    this.#tokens.set(worker, token);
  }

  remove(worker: Worker): void {
    const token = this.#tokens.get(worker);
    this.#tokens.delete(worker);
    // Another life of it may have come already.
    if (token !== undefined && this.#byToken.get(token) === worker) this.#byToken.delete(token);
  }

  /** Whom the client's cookie names; undefined: it has none, or none of ours. */
  wanted(head: RequestHead): Worker | undefined {
    const cookies = head.header("cookie");
    const token = cookies === undefined ? undefined : cookieIn(this.settings.cookie, cookies);
    return token?.length === tokenLength ? this.#byToken.get(token) : undefined;
  }

  /**
   * The field line that binds the client to the worker that answered; empty: none. What a shared cache may keep, and give
   * to everybody, binds nobody.
   */
  fieldFor(
    worker: Worker | undefined,
    answer: AnswerHead,
    origin: Origin,
    request: RequestHead | undefined,
  ): string {
    const token = worker === undefined ? undefined : this.#tokens.get(worker);
    if (token === undefined || answer.headers("cache-control").some(isShared)) return "";
    const { cookie, attributes } = this.settings;
    const secure = isSecure(origin, request) ? "; Secure" : "";
    return `Set-Cookie: ${cookie}=${token}${attributes}${secure}\r\n`;
  }
}

function isShared(cacheControl: string): boolean {
  return /\bpublic\b|\bs-maxage\b/i.test(cacheControl);
}

/** A trusted proxy in front may have taken the TLS off. */
function isSecure(origin: Origin, head: RequestHead | undefined): boolean {
  return origin.protocol === "https" || (origin.trusted && head?.header("x-forwarded-proto") === "https");
}
