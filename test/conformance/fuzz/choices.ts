/**
 * The written list: what ours refuses and llhttp takes. The fuzzers fail on any refusal that is not here; a test holds
 * each entry to its example. docs/conformance.md shows the list.
 */
export interface Choice {
  /** As ours says it: `Failure.detail`. */
  detail: string;
  /** Ours refuses it with this detail, llhttp takes it. */
  example: string;
  /** Where it is about. */
  section: string;
  /** The RFC lets a recipient take it, so that ours is stricter than the RFC. Else llhttp is more lenient than it. */
  rfcAllows: boolean;
  because: string;
}

const head = (fields: string, start = "GET / HTTP/1.1"): string => `${start}\r\n${fields}\r\n`;
const get = (fields: string): string => head(`Host: a\r\n${fields}`);
const at = (target: string, fields = "Host: a\r\n"): string => head(fields, `GET ${target} HTTP/1.1`);
const chunks = (body: string): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;

const startLines: readonly Choice[] = [
  {
    detail: "no valid method",
    example: `\r\n\r\n${get("")}`,
    section: "RFC 9112 2.2",
    rfcAllows: true,
    because: "one empty line before a request is skipped, as the RFC asks; more is not HTTP",
  },
  {
    detail: "CR without LF",
    example: `\r${get("")}`,
    section: "RFC 9112 2.2",
    rfcAllows: false,
    because: "a bare CR is no line end",
  },
  {
    detail: "no valid request target",
    example: "GET /\r\n\r\n",
    section: "RFC 9112 2.3",
    rfcAllows: false,
    because: "HTTP/0.9 has no fields, so no Host and no framing",
  },
  {
    detail: "no valid HTTP version",
    example: "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
    section: "RFC 9112 3",
    rfcAllows: true,
    because: "who reads words and who reads single blanks may see another target",
  },
  {
    detail: "only HTTP/1.0 and HTTP/1.1 are spoken here",
    example: head("Host: a\r\n", "GET / HTTP/2.0"),
    section: "RFC 9110 2.5",
    rfcAllows: false,
    because: "HTTP/2 does not look like this",
  },
  {
    detail: "the request target is longer than allowed",
    example: at(`/${"a".repeat(8192)}`),
    section: "RFC 9112 3",
    rfcAllows: true,
    because: "8 KiB, where the RFC asks for at least 8,000 bytes",
  },
  {
    detail: "CONNECT and TRACE are not served here",
    example: head("Host: a\r\n", "TRACE / HTTP/1.1"),
    section: "RFC 9110 9.3.8",
    rfcAllows: true,
    because:
      "TRACE would tell a stranger what the gateway adds for the worker; CONNECT is for forward proxies",
  },
];

const targets: readonly Choice[] = [
  {
    detail: "the target `*` is for OPTIONS only",
    example: at("*"),
    section: "RFC 9112 3.2.4",
    rfcAllows: false,
    because: "it means the whole server, and only OPTIONS can ask that",
  },
  {
    detail: "the target is neither a path nor an http URI",
    example: at("ftp://a/x"),
    section: "RFC 9112 3.2",
    rfcAllows: false,
    because: "there is nothing to route by",
  },
  {
    detail: "a segment `.` or `..` in the path",
    example: at("/a/../b"),
    section: "RFC 3986 6.2.2.3",
    rfcAllows: true,
    because: "routes are chosen by the bytes of the path; whoever resolves them later would go elsewhere",
  },
  {
    detail: "a backslash in the path",
    example: at("/a\\b"),
    section: "RFC 3986 2",
    rfcAllows: false,
    because: "some servers take it for a slash",
  },
  {
    detail: "a percent sign without two hexadecimal digits in the path",
    example: at("/a%zz"),
    section: "RFC 3986 2.1",
    rfcAllows: false,
    because: "decoders disagree about what it means",
  },
  {
    detail: "an encoded NUL in the path",
    example: at("/a%00b"),
    section: "RFC 3986 7.3",
    rfcAllows: true,
    because: "where it is decoded, the path may end there",
  },
];

const fields: readonly Choice[] = [
  {
    detail: "there must be exactly one Host field",
    example: head("", "GET / HTTP/1.0"),
    section: "RFC 9112 3.2",
    rfcAllows: true,
    because: "routes are chosen by it. Only HTTP/1.0 may be without one; two are wrong everywhere",
  },
  {
    detail: "Host is not a valid name with an optional port",
    example: head("Host: a%20b\r\n"),
    section: "RFC 3986 3.2.2",
    rfcAllows: true,
    because:
      "only what DNS or an address can be: no percent signs, no sub-delimiters, no empty port, not empty",
  },
  {
    detail: "the target and Host name different hosts",
    example: at("http://b/"),
    section: "RFC 9112 3.2.2",
    rfcAllows: true,
    because: "the RFC lets the target win; whoever checks Host behind the gateway would see the other one",
  },
  {
    detail: "only Expect: 100-continue is understood",
    example: get("Expect: other\r\n"),
    section: "RFC 9110 10.1.1",
    rfcAllows: true,
    because: "417 is what the RFC offers for it; passed on, it was used to make servers answer early",
  },
  {
    detail: "an option of Connection is not a token",
    example: get("Connection: a b\r\n"),
    section: "RFC 9110 7.6.1",
    rfcAllows: false,
    because: "which field it names cannot be told",
  },
  {
    detail: "Connection names a field that is not for one hop only",
    example: get("Connection: content-length\r\n"),
    section: "RFC 9110 7.6.1",
    rfcAllows: true,
    because:
      "the RFC wants the field removed; then the worker sees another request than the one that was checked",
  },
  {
    detail: "Connection names too many fields",
    example: get(`Connection: ${Array.from({ length: 33 }, (_, index) => `x-${index}`).join()}\r\n`),
    section: "RFC 9110 7.6.1",
    rfcAllows: true,
    because: "each is looked for among all fields",
  },
  {
    detail: "Max-Forwards is not one plain number",
    example: head("Host: a\r\nMax-Forwards: x\r\n", "OPTIONS / HTTP/1.1"),
    section: "RFC 9110 7.6.2",
    rfcAllows: false,
    because: "it must be counted down",
  },
  {
    detail: "more fields than allowed",
    example: get("X: a\r\n".repeat(100)),
    section: "RFC 9110 5.4",
    rfcAllows: true,
    because: "100 lines; more are used to exhaust those who keep maps of them",
  },
  {
    detail: "the head is larger than allowed",
    example: get(`X: ${"a".repeat(16_384)}\r\n`),
    section: "RFC 9110 5.4",
    rfcAllows: true,
    because: "16 KiB of a client, 64 KiB of a worker",
  },
];

const lengths: readonly Choice[] = [
  {
    detail: "Content-Length is not a plain number",
    example: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 05\r\n\r\nhello",
    section: "RFC 9110 8.6",
    rfcAllows: true,
    because: "a leading zero is octal to some; over 15 digits no number is exact everywhere",
  },
  {
    detail: "more than one field says how long the body is",
    example:
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    section: "RFC 9112 6.3",
    rfcAllows: true,
    because: "the RFC lets equal lengths count once; nobody sends them, and readers differ",
  },
  {
    detail: "a tab beside the length of the body",
    example: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\t5\r\n\r\nhello",
    section: "RFC 9112 5.1",
    rfcAllows: true,
    because: "readers differ about tabs there; nobody sends one",
  },
  {
    detail: "Transfer-Encoding in HTTP/1.0",
    example: "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    section: "RFC 9112 6.1",
    rfcAllows: false,
    because: "it has no meaning there, and the RFC calls it faulty framing",
  },
  {
    detail: "Transfer-Encoding may only be chunked",
    example: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    section: "RFC 9112 6.1",
    rfcAllows: true,
    because: "501, as the RFC asks of a server that does not know a coding; none but chunked is in use",
  },
  {
    detail: "Transfer-Encoding is not exactly one chunked",
    example: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: =, chunked\r\n\r\n0\r\n\r\n",
    section: "RFC 9112 6.1",
    rfcAllows: false,
    because: "what is applied to the body cannot be told",
  },
];

const bodies: readonly Choice[] = [
  {
    detail: "a chunk extension is not valid",
    example: chunks("1;a=\r\na\r\n0\r\n\r\n"),
    section: "RFC 9112 7.1.1",
    rfcAllows: true,
    because:
      "exactly the grammar, and none of the blanks that the RFC tolerates: extensions were used to hide line ends",
  },
  {
    detail: "chunk extensions are larger than allowed",
    example: chunks(`1;${"a".repeat(4096)}\r\na\r\n0\r\n\r\n`),
    section: "RFC 9112 7.1.1",
    rfcAllows: true,
    because: "4 KiB a line and 16 KiB a body; the RFC asks for such a limit",
  },
  {
    detail: "trailers: a field that decides framing",
    example: chunks("0\r\nHost: b\r\n\r\n"),
    section: "RFC 9110 6.5.1",
    rfcAllows: false,
    because: "whoever merges trailers into the fields would act on it",
  },
];

export const requestChoices: readonly Choice[] = [
  ...startLines,
  ...targets,
  ...fields,
  ...lengths,
  ...bodies,
];
