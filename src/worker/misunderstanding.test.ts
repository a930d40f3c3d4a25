import assert from "node:assert/strict";
import { test } from "node:test";
import { misunderstanding } from "./misunderstanding.ts";

const [secure, plain] = ["https://10.0.0.5:7600", "http://10.0.0.5:7600"];

for (const [url, code, told] of [
  [secure, "SELF_SIGNED_CERT_IN_CHAIN", /^https:.*7600 answers, but .* not trusted \(SELF_.*\): name it$/],
  [secure, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", /not trusted .*: name it$/],
  [secure, "DEPTH_ZERO_SELF_SIGNED_CERT", /not trusted .*: name it$/],
  [secure, "CERT_SIGNATURE_FAILURE", /not trusted .*: name it$/],
  [secure, "CERT_HAS_EXPIRED", /has expired .*skein ca issue/],
  [secure, "CERT_NOT_YET_VALID", /is not valid yet .*: look at this host's clock$/],
  [secure, "ERR_TLS_CERT_ALTNAME_INVALID", /is for other addresses/],
  [secure, "EPROTO", /does not speak TLS .*: is it the control address\?$/],
  [plain, "ECONNRESET", /if TLS is spoken there, say https:\/\/$/],
  [plain, "UND_ERR_SOCKET", /say https:\/\/$/],
] as const) {
  test(`who is at ${url} and is not understood: ${code}`, () => {
    assert.match(misunderstanding(url, code, "name it") ?? "nobody", told);
  });
}

test("where nobody is known to be, nothing is misunderstood", () => {
  for (const code of ["ECONNREFUSED", "EHOSTUNREACH", "no answer within 5 s", "ENOTFOUND"])
    assert.equal(misunderstanding(secure, code), undefined);
  assert.equal(misunderstanding(secure, "ECONNRESET"), undefined);
});
