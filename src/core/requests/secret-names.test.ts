import assert from "node:assert/strict";
import { test } from "node:test";
import { isSecretName, redactQuery } from "./secret-names.ts";

const rows: [string, string][] = [
  ["", ""],
  ["?", "?"],
  ["?a=1&b=2", "?a=1&b=2"],
  ["?a=1&access_token=abc&b=2", "?a=1&access_token=***&b=2"],
  ["?X-Amz-Signature=abc", "?X-Amz-Signature=***"],
  ["?api-key=abc;sessionId=9", "?api-key=***;sessionId=***"],
  ["?pass%77ord=abc", "?pass%77ord=***"],
  ["?%zz=1&key=2", "?%zz=1&key=***"],
  ["?key=a=b?c&x", "?key=***&x"],
  ["?redirect=http://e/?token=abc&b=2", "?redirect=http://e/?token=***&b=2"],
  ["?a=b?c=d?key=e?f=g;h=i", "?a=b?c=d?key=***;h=i"],
  ["?=1&key=", "?=1&key=***"],
  ["?monkey=1&codec=2&keyboard=3&compass=4&keys=5", "?monkey=1&codec=2&keyboard=3&compass=4&keys=5"],
  [
    "?auth_key=1&auth_code=2&otp_code=3&pass=4&passphrase=5",
    "?auth_key=***&auth_code=***&otp_code=***&pass=***&passphrase=***",
  ],
  [
    "?subscriptionKey=1&userOTP=2&auth_key[]=3&code_page=4",
    "?subscriptionKey=***&userOTP=***&auth_key[]=***&code_page=4",
  ],
  ["key=1", "key=***"],
  ["?token", "?token"],
  ["?redirect=http%3A%2F%2Fe%2F%3Ftoken%3Dabc&b=2", "?redirect=***&b=2"],
  ["?next=%2Fcb%3Fa%3D1%26access_token%3Dabc", "?next=***"],
  ["?next=%2Fcb%23code%3Dabc", "?next=***"],
  ["?http%3A%2F%2Fe%2F%3Ftoken%3Dabc", "?***"],
  ["?u=http%3A%2F%2Fe%2F%3Fv%3D%252F%253Fkey%253Dabc", "?u=***"],
  ["?u=%2F%3Ftoken%3Dabc%2...", "?u=***"],
  ["?u=%2F%3Fname%3D%FFbc&b=%2F%3Fa%3D100%25", "?u=%2F%3Fname%3D%FFbc&b=%2F%3Fa%3D100%25"],
  ["?u=%2Fsession%2Ftoken%3Fa%3Db", "?u=%2Fsession%2Ftoken%3Fa%3Db"],
];

for (const [query, redacted] of rows) {
  test(`${query} becomes ${redacted}`, () => assert.equal(redactQuery(query), redacted));
}

test("names of one's own count as well", () => {
  assert.equal(redactQuery("?ssn=1&a=2", ["ssn"]), "?ssn=***&a=2");
  assert.equal(isSecretName("Cookie"), true);
  assert.equal(isSecretName("Set-Cookie"), true);
});

test("headers that bear keys are known by their last word; the key of an idempotent repetition is none", () => {
  const named = [
    "x-functions-key",
    "Ocp-Apim-Subscription-Key",
    "x-auth-key",
    "encryption-key",
    "Idempotency-Key",
  ];
  assert.deepEqual(
    named.filter((name) => isSecretName(name)),
    named.slice(0, -1),
  );
  const long = `${"a".repeat(500_000)}A`;
  assert.equal(isSecretName(long), false);
});
