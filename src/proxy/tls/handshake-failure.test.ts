import assert from "node:assert/strict";
import { test } from "node:test";
import { type HandshakeFailure, handshakeFailure } from "./handshake-failure.ts";

const cases: [code: string | undefined, failure: HandshakeFailure][] = [
  ["ECONNRESET", "gone"],
  ["ERR_SSL_UNSUPPORTED_PROTOCOL", "version"],
  ["ERR_SSL_NO_SHARED_CIPHER", "cipher"],
  ["ERR_SSL_NO_APPLICATION_PROTOCOL", "protocol"],
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "refused-by-client"],
  ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN", "refused-by-client"],
  ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "refused-by-client"],
  ["ERR_SSL_BAD_EXTENSION", "invalid"],
  [undefined, "invalid"],
];

for (const [code, failure] of cases) {
  test(`${code ?? "an error without a code"} counts as ${failure}`, () => {
    assert.equal(
      handshakeFailure(Object.assign(new Error("x"), code === undefined ? {} : { code })),
      failure,
    );
  });
}
