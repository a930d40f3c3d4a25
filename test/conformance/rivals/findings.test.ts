import assert from "node:assert/strict";
import { it } from "node:test";
import { plainAnswers } from "../stage/plain-answers.ts";
import { plainRequests } from "../stage/plain-requests.ts";
import { answerFinding, requestFinding } from "./findings.ts";
import { type Outcome, ownAnswer } from "./observe.ts";

function outcome(answered: string, forwarded: string, changes: Partial<Outcome> = {}): Outcome {
  const { requests, odd } = plainRequests(forwarded);
  return {
    client: plainAnswers(answered, [], "open"),
    state: "open",
    worker: requests,
    odd: odd === "" ? [] : [odd],
    next: ownAnswer,
    forwarded: [forwarded],
    ...changes,
  };
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const refusal = (status: number): string => `HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`;
const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const upgrading = get.replace("\r\n\r\n", "\r\nUpgrade: h2c\r\n\r\n");

it("refusing is refusing, by whatever status; forwarding is not", () => {
  const [one, other] = [requestFinding(outcome(refusal(400), "")), requestFinding(outcome(refusal(505), ""))];
  assert.equal(one.key, other.key);
  assert.notEqual(one.text, other.text);
  assert.notEqual(one.key, requestFinding(outcome(ok, get)).key);
  assert.notEqual(one.key, requestFinding(outcome("", "")).key);
});

it("two requests are not one, and another body is another request", () => {
  const one = requestFinding(outcome(ok, get)).key;
  assert.notEqual(requestFinding(outcome(ok, get + get)).key, one);
  const post = (body: string): string => `POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  assert.notEqual(requestFinding(outcome(ok, post("a"))).key, requestFinding(outcome(ok, post("b"))).key);
});

it("a field that should not have arrived makes a difference, and so does somebody else's answer", () => {
  const fields = { lacks: ["upgrade"] };
  const clean = requestFinding(outcome(ok, get), fields);
  assert.notEqual(requestFinding(outcome(ok, upgrading), fields).key, clean.key);
  const robbed = requestFinding(outcome(ok, get, { next: "200 evil" }), fields);
  assert.notEqual(robbed.key, clean.key);
  assert.match(robbed.text, /somebody else's request gets 200 evil/);
});

it("a cut answer is not a whole one; 502 and 504 are both refusals", () => {
  const cut = ok.slice(0, -1);
  assert.notEqual(answerFinding(outcome(cut, get)).key, answerFinding(outcome(ok, get)).key);
  assert.match(answerFinding(outcome(cut, get)).text, /cut/);
  assert.equal(answerFinding(outcome(refusal(502), get)).key, answerFinding(outcome(refusal(504), get)).key);
});
