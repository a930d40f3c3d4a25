import assert from "node:assert/strict";
import { test } from "node:test";
import { cases } from "../suite/cases.ts";
import { complaintOf, countedIn, wrkScript } from "./wrk.ts";

const askOf = (name: string) => cases.find((one) => one.name === name)?.ask ?? assert.fail(name);

test("a request is said once, and nothing of it is done for each", () => {
  const upload = wrkScript(askOf("upload-1m"));
  assert.match(upload, /^wrk\.method = "POST"$/m);
  assert.match(upload, /^wrk\.path = "\/upload"$/m);
  assert.match(upload, /^wrk\.body = string\.rep\("x", 1048576\)$/m);
  assert.doesNotMatch(upload, /request = function/);
  assert.match(wrkScript(askOf("new-connection")), /^wrk\.headers\["Connection"\] = "close"$/m);
  const headers = wrkScript(askOf("headers-25")).match(/^wrk\.headers\[/gm);
  assert.equal(headers?.length, 24);
  assert.match(wrkScript(askOf("headers-25")), /^wrk\.headers\["Sec-CH-UA-Platform"\] = "\\"Linux\\""$/m);
});

test("many paths are taken in turn", () => {
  const script = wrkScript(askOf("routes-10"));
  assert.match(script, /request = function/);
  assert.equal(script.match(/"\/r\d+\/orders\/4711"/g)?.length, 11);
});

test("counts are read where they stand", () => {
  const counted = countedIn("Running 1s test\nbench-counted 34567 1000123 9876543 0 1 2 3 4\n");
  assert.deepEqual(counted, {
    requests: 34_567,
    seconds: 1.000123,
    bytes: 9_876_543,
    errors: { connect: 0, read: 1, write: 2, status: 3, timeout: 4 },
  });
  assert.equal(countedIn("unable to connect to 127.0.0.1:1 Connection refused\n"), undefined);
});

test("one wrong answer, or answers that are too short, are no measurement", () => {
  const ask = askOf("answer-1k");
  const none = { connect: 0, read: 0, write: 0, status: 0, timeout: 0 };
  const good = { requests: 10, seconds: 1, bytes: 12_000, errors: none };
  assert.equal(complaintOf(good, ask), undefined);
  assert.equal(
    complaintOf({ ...good, errors: { ...none, status: 1, read: 2 } }, ask),
    "wrk counted 2 read errors, 1 status errors",
  );
  assert.equal(complaintOf({ ...good, requests: 0, bytes: 0 }, ask), "nothing was answered");
  assert.match(complaintOf({ ...good, bytes: 5_000 }, ask) ?? "", /too short: 500 bytes/);
});
