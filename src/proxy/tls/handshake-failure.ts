/** Why a handshake came to nothing, for the counters: few words, whatever the library's codes are. */
export type HandshakeFailure =
  /** Not done in time. */
  | "timeout"
  /** The client left before its end. */
  | "gone"
  /** A request in clear. */
  | "plain-http"
  /** Neither TLS nor a request. */
  | "not-tls"
  /** The client speaks no version that is allowed here. */
  | "version"
  /** No cipher in common. */
  | "cipher"
  /** The client wants other protocols than HTTP/1.1. */
  | "protocol"
  /** The client did not take what it was shown: the certificate, for the most part. */
  | "refused-by-client"
  | "invalid";

const byCode: readonly [RegExp, HandshakeFailure][] = [
  [/^(ECONNRESET|EPIPE|ETIMEDOUT)$/, "gone"],
  [/ALERT/, "refused-by-client"],
  [/UNSUPPORTED_PROTOCOL|VERSION/, "version"],
  [/NO_SHARED_CIPHER|NO_SUITABLE|NO_SHARED_GROUP/, "cipher"],
  [/APPLICATION_PROTOCOL/, "protocol"],
];

export function handshakeFailure(error: NodeJS.ErrnoException): HandshakeFailure {
  const code = error.code ?? "";
  return byCode.find(([pattern]) => pattern.test(code))?.[1] ?? "invalid";
}
