import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { duplexPair } from "node:stream";
import { connect, type ConnectionOptions } from "node:tls";
import { openingBytesMax, readOpening } from "./client-hello.ts";

/** The first bytes that Node's own client sends. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const [near, far] = duplexPair();
  const client = connect({ socket: near, rejectUnauthorized: false, ...options });
  client.on("error", () => {});
  const [bytes] = (await once(far, "data")) as [Buffer];
  client.destroy();
  return bytes;
}

/** The same message in records of at most `size` bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    parts.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(parts);
}

const versions: ConnectionOptions[] = [
  { maxVersion: "TLSv1.2" },
  { minVersion: "TLSv1.3" },
  { ALPNProtocols: ["h2", "http/1.1"] },
];

for (const version of versions) {
  test(`the host in a hello of ${JSON.stringify(version)}, whole and cut anywhere`, async () => {
    const hello = await helloOf({ servername: "Www.Example.COM", ...version });
    const named = { kind: "hello", serverName: "www.example.com" };
    assert.deepEqual(readOpening(hello), named);
    assert.deepEqual(readOpening(Buffer.concat([hello, Buffer.from("more")])), named);
    for (let cut = 0; cut < hello.length; cut++)
      assert.deepEqual(readOpening(hello.subarray(0, cut)), { kind: "more" }, `cut at ${cut}`);
    for (const size of [Math.ceil(hello.length / 40), Math.ceil(hello.length / 2)]) {
      const split = inRecords(hello, size);
      assert.deepEqual(readOpening(split), named);
      for (let cut = 0; cut < split.length; cut++)
        assert.deepEqual(readOpening(split.subarray(0, cut)), { kind: "more" });
    }
  });
}

test("a hello that names no host", async () => {
  assert.deepEqual(readOpening(await helloOf({})), { kind: "hello", serverName: "" });
});

test("a request in clear, and what is neither", () => {
  assert.deepEqual(readOpening(Buffer.from("GET / HTTP/1.1\r\n")), { kind: "plain" });
  assert.deepEqual(readOpening(Buffer.from("PRI * HTTP/2.0\r\n")), { kind: "plain" });
  for (const bytes of [[0x80, 46, 1, 3, 1], [0], [0xff], [0x0a]])
    assert.deepEqual(readOpening(Uint8Array.from(bytes)), { kind: "foreign" });
});

test("what is no hello is left to the TLS library", async () => {
  const hello = await helloOf({ servername: "a.test" });
  const nameless = { kind: "hello", serverName: "" };
  const other = Buffer.from(hello);
  other[5] = 2;
  assert.deepEqual(readOpening(other), nameless);
  assert.deepEqual(readOpening(Buffer.from([22, 3, 1, 0, 0, 22, 3, 1, 0, 0, 23, 3])), nameless);
});

test("a hello of too many records or bytes is not waited for without end, and never taken for one that names no host", async () => {
  const hello = await helloOf({ servername: "a.test" });
  const excessive = { kind: "excessive" };
  assert.deepEqual(readOpening(inRecords(hello, 1)), excessive);
  const endless = Buffer.alloc(openingBytesMax, 1);
  endless.set([22, 3, 1, 0xff, 0xff]);
  assert.deepEqual(readOpening(endless), excessive);
  const announced = Buffer.from(hello);
  announced.writeUIntBE(openingBytesMax + 1, 6, 3);
  assert.deepEqual(readOpening(announced), excessive);
});

test("no changed byte makes it throw, or take what is not there", async () => {
  const hello = await helloOf({ servername: "example.com" });
  for (let at = 0; at < hello.length; at++) {
    for (const value of [0, 1, 0x7f, 0xff]) {
      const changed = Buffer.from(hello);
      changed[at] = value;
      const opening = readOpening(changed);
      if (opening.kind === "hello") assert.ok(opening.serverName.length < hello.length);
    }
  }
});
