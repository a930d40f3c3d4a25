/**
 * What one head costs in this process: parsing alone, and parsing plus writing the forwarded head.
 * Run: node --conditions=skein-source bench/parser.ts
 */
import {
  AnswerParser,
  answerFraming,
  Origin,
  plainRequestId,
  RequestParser,
  writeAnswerHead,
  writeRequestHead,
} from "../src/http1/http1.ts";

const limits = { headBytesMax: 16_384, fieldsMax: 100, targetBytesMax: 8192 };

const browserRequest = Buffer.from(
  [
    "GET /api/orders/4711/items?expand=price&limit=50 HTTP/1.1",
    "Host: shop.example.com",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Referer: https://shop.example.com/orders",
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=1",
    "Connection: keep-alive",
    "Cache-Control: max-age=0",
    "X-Request-Id: 7f9c2ba4e88f827d",
    "",
    "",
  ].join("\r\n"),
);

const smallAnswer = Buffer.from(
  [
    "HTTP/1.1 200 OK",
    "Content-Type: application/json; charset=utf-8",
    "Content-Length: 27",
    'ETag: W/"1b-2l9uuYXxTjFvMh8eA9d2Yw"',
    "Date: Mon, 23 Nov 2026 15:00:00 GMT",
    "Connection: keep-alive",
    "Keep-Alive: timeout=5",
    "",
    "",
  ].join("\r\n"),
);

const rounds = 5;
const times = 400_000;

/** CPU time, not the clock: others may be busy on this machine. */
function cpuNanoseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/** Best of some rounds, in nanoseconds per call: the least disturbed one. */
function measure(name: string, bytes: number, once: () => number): void {
  let best = Infinity;
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    const from = cpuNanoseconds();
    for (let time = 0; time < times; time++) sum += once();
    best = Math.min(best, (cpuNanoseconds() - from) / times);
  }
  if (sum === 0) throw new Error("nothing was parsed");
  console.log(`${name.padEnd(44)} ${bytes.toString().padStart(5)} bytes ${best.toFixed(0).padStart(6)} ns`);
}

const requests = new RequestParser(limits);
const answers = new AnswerParser({ ...limits, headBytesMax: 65_536, fieldsMax: 200 });
const origin = new Origin("203.0.113.7", "http");
const requestId = plainRequestId("7f9c2ba4e88f827d");
const forwarding = { origin, target: undefined, requestId, budget: "30000", upgrade: "", traced: false };

function parseRequest(): number {
  requests.next();
  return requests.push(browserRequest, 0, browserRequest.length);
}

function parseAnswer(): number {
  answers.next("GET");
  return answers.push(smallAnswer, 0, smallAnswer.length);
}

measure("request head: parse", browserRequest.length, parseRequest);
measure("request head: parse and write", browserRequest.length, () => {
  parseRequest();
  return Buffer.byteLength(writeRequestHead(requests.head, forwarding), "latin1");
});
measure("answer head: parse", smallAnswer.length, parseAnswer);
measure("answer head: parse and write", smallAnswer.length, () => {
  parseAnswer();
  const framing = answerFraming(answers.head, 1);
  const text = writeAnswerHead(answers.head, {
    clientMinor: 1,
    framing,
    keepAlive: true,
    requestId: forwarding.requestId,
    date: undefined,
  });
  return Buffer.byteLength(text, "latin1");
});
