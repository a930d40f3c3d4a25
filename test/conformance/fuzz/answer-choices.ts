/** As choices.ts, of what comes from workers. */
import type { Choice } from "./choices.ts";

const ok = (fieldsText: string, body = ""): string => `HTTP/1.1 200 OK\r\n${fieldsText}\r\n${body}`;

export const answerChoices: readonly Choice[] = [
  {
    detail: "not an HTTP/1.x answer",
    example: "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    section: "RFC 9112 2.3",
    rfcAllows: false,
    because: "an empty line before an answer was left over from another one; HTTP/2 does not look like this",
  },
  {
    detail: "no valid status",
    example: "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
    section: "RFC 9110 15",
    rfcAllows: false,
    because: "a status has three digits and begins with 1 or more",
  },
  {
    detail: "a byte that a reason may not have",
    example: "HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n",
    section: "RFC 9112 4",
    rfcAllows: false,
    because: "controls in a reason",
  },
  {
    detail: "an answer before the final one closes the connection",
    example:
      "HTTP/1.0 100 Continue\r\nConnection: keep-alive, close\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    section: "RFC 9110 15.2",
    rfcAllows: true,
    because: "then no final answer could follow",
  },
  {
    detail: "an option of Connection is not a token",
    example: ok("Connection: a b\r\nContent-Length: 0\r\n"),
    section: "RFC 9110 7.6.1",
    rfcAllows: false,
    because: "which field it names cannot be told",
  },
  {
    detail: "Connection names a field that is not for one hop only",
    example: ok("Connection: set-cookie\r\nContent-Length: 0\r\n"),
    section: "RFC 9110 7.6.1",
    rfcAllows: true,
    because: "the client would see another answer than the one that was meant",
  },
  {
    detail: "more fields than allowed",
    example: ok(`${"X: a\r\n".repeat(200)}Content-Length: 0\r\n`),
    section: "RFC 9110 5.4",
    rfcAllows: true,
    because: "200 lines of a worker",
  },
  {
    detail: "the head is larger than allowed",
    example: ok(`X: ${"a".repeat(65_536)}\r\nContent-Length: 0\r\n`),
    section: "RFC 9110 5.4",
    rfcAllows: true,
    because: "64 KiB of a worker",
  },
  {
    detail: "Content-Length is not a plain number",
    example: ok("Content-Length: 02\r\n", "hi"),
    section: "RFC 9110 8.6",
    rfcAllows: true,
    because: "a leading zero is octal to some; over 15 digits no number is exact everywhere",
  },
  {
    detail: "more than one field says how long the body is",
    example: ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    section: "RFC 9112 6.3",
    rfcAllows: true,
    because: "the RFC lets equal lengths count once; nobody sends them, and readers differ",
  },
  {
    detail: "a tab beside the length of the body",
    example: ok("Content-Length:\t2\r\n", "hi"),
    section: "RFC 9112 5.1",
    rfcAllows: true,
    because: "readers differ about tabs there; nobody sends one",
  },
  {
    detail: "Transfer-Encoding is not exactly one chunked",
    example: ok("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
    section: "RFC 9112 6.1",
    rfcAllows: true,
    because: "none but chunked is in use between a gateway and its workers",
  },
  {
    detail: "a chunk extension is not valid",
    example: ok("Transfer-Encoding: chunked\r\n", "1;=b\r\na\r\n0\r\n\r\n"),
    section: "RFC 9112 7.1.1",
    rfcAllows: true,
    because: "exactly the grammar, and none of the blanks that the RFC tolerates",
  },
  {
    detail: "chunk extensions are larger than allowed",
    example: ok("Transfer-Encoding: chunked\r\n", `1;${"a".repeat(4096)}\r\na\r\n0\r\n\r\n`),
    section: "RFC 9112 7.1.1",
    rfcAllows: true,
    because: "4 KiB a line and 16 KiB a body; the RFC asks for such a limit",
  },
  {
    detail: "trailers: a field that decides framing",
    example: ok("Transfer-Encoding: chunked\r\n", "0\r\nHost: b\r\n\r\n"),
    section: "RFC 9110 6.5.1",
    rfcAllows: false,
    because: "whoever merges trailers into the fields would act on it",
  },
];
