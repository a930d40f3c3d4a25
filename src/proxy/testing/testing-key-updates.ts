import { createCipheriv, createHmac } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import { connect as connectSecure } from "node:tls";

const keyUpdate = Buffer.from([24, 0, 0, 1, 1]);
const handshakeRecord = 22;

/** RFC 8446, 7.1, without a context. */
function expand(secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([0, length, name.length]), name, Buffer.from([0, 1])]);
  return createHmac("sha256", secret).update(info).digest().subarray(0, length);
}

/**
 * A TLS 1.3 client that has shaken hands and from then on writes its records itself: changes of its keys, each asking for one
 * of the server's. Node has no way to say so.
 */
export class KeyUpdater {
  readonly raw: Socket;
  #secret: Buffer;

  private constructor(raw: Socket, secret: Buffer) {
    this.raw = raw;
    this.#secret = secret;
  }

  static async connect(port: number): Promise<KeyUpdater> {
    const [near, far] = duplexPair();
    const raw = connect({ port, host: "127.0.0.1", noDelay: true });
    raw.on("error", () => {});
    await once(raw, "connect");
    raw.on("data", (bytes: Buffer) => far.write(bytes));
    far.on("data", (bytes: Buffer) => raw.write(bytes));
    const lines: string[] = [];
    const ciphers = "TLS_AES_128_GCM_SHA256";
    const secure = connectSecure({ socket: near, rejectUnauthorized: false, minVersion: "TLSv1.3", ciphers });
    secure.on("error", () => {});
    secure.on("keylog", (line: Buffer) => lines.push(line.toString()));
    await once(secure, "secureConnect");
    const secret = lines
      .find((line) => line.startsWith("CLIENT_TRAFFIC_SECRET_0"))
      ?.trim()
      .split(" ")[2];
    if (secret === undefined) throw new Error("the client's secret was not told");
    raw.removeAllListeners("data").resume();
    return new KeyUpdater(raw, Buffer.from(secret, "hex"));
  }

  /** So many changes of keys in one write. */
  send(count: number): void {
    this.raw.write(Buffer.concat(Array.from({ length: count }, () => this.#next())));
  }

  #next(): Buffer {
    // The first record under its key each: the sequence number is 0.
    const cipher = createCipheriv(
      "aes-128-gcm",
      expand(this.#secret, "key", 16),
      expand(this.#secret, "iv", 12),
    );
    const head = Buffer.from([23, 3, 3, 0, keyUpdate.length + 17]);
    cipher.setAAD(head);
    const text = cipher.update(Buffer.concat([keyUpdate, Buffer.from([handshakeRecord])]));
    this.#secret = expand(this.#secret, "traffic upd", 32);
    return Buffer.concat([head, text, cipher.final(), cipher.getAuthTag()]);
  }
}
