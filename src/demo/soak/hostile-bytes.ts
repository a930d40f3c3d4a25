import type { Random } from "../../runtime/random.ts";

const head = "Host: localhost\r\n";
const chunked = "Transfer-Encoding: chunked\r\n";

/** What a proxy is attacked with, and ordinary requests that become an attack by a changed byte. */
const originals = [
  `GET /orders/7 HTTP/1.1\r\n${head}Accept: */*\r\n\r\n`,
  `POST /bytes HTTP/1.1\r\n${head}Content-Length: 5\r\n\r\nhello`,
  `POST /bytes HTTP/1.1\r\n${head}${chunked}\r\n5\r\nhello\r\n0\r\n\r\n`,
  `POST /bytes HTTP/1.1\r\n${head}Content-Length: 4\r\n${chunked}\r\n0\r\n\r\nGET /orders/7 HTTP/1.1\r\n${head}\r\n`,
  `POST /bytes HTTP/1.1\r\n${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  `POST /bytes HTTP/1.1\r\n${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
  `POST /bytes HTTP/1.1\r\n${head}${chunked}\r\nfffffffffffffffff\r\n`,
  `POST /bytes HTTP/1.1\r\n${head}${chunked}\r\n5;${"x".repeat(5000)}\r\nhello\r\n0\r\n\r\n`,
  `GET / HTTP/1.1\r\n${head}Host: other\r\n\r\n`,
  `GET http://other/ HTTP/1.1\r\n${head}\r\n`,
  `GET /../../etc/passwd HTTP/1.1\r\n${head}\r\n`,
  `GET / HTTP/1.1\r\n${head}X: ${"y".repeat(20_000)}\r\n\r\n`,
  `GET / HTTP/1.1\r\n${head}${"X-Many: 1\r\n".repeat(200)}\r\n`,
  `GET / HTTP/1.1\n${head.replace("\r\n", "\n")}\n`,
  `CONNECT other:443 HTTP/1.1\r\n${head}\r\n`,
  `GET / HTTP/1.1\r\n${head}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n\r\n`,
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
];

/** Bytes that change the meaning of a message most often. */
const telling = "\r\n\0: \t,;0\x7f\xff";

/** One attack, as latin1. */
export function hostileBytes(random: Random): string {
  let text = one(originals, random);
  for (let changes = Math.floor(random() * 4); changes > 0; changes -= 1) text = changed(text, random);
  return text;
}

function changed(text: string, random: Random): string {
  const at = Math.floor(random() * text.length);
  const byte =
    random() < 0.5 ? one(telling.split(""), random) : String.fromCharCode(Math.floor(random() * 256));
  const length = 1 + Math.floor(random() * 8);
  switch (Math.floor(random() * 4)) {
    case 0:
      return text.slice(0, at) + byte + text.slice(at);
    case 1:
      return text.slice(0, at) + byte + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + text.slice(at + length);
    default:
      return text.slice(0, at + length) + text.slice(at);
  }
}

function one<T>(list: readonly T[], random: Random): T {
  const found = list[Math.floor(random() * list.length)];
  if (found === undefined) throw new Error("soak: an empty list");
  return found;
}
