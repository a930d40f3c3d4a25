/**
 * HTTP/1.1 as bytes: heads and bodies, both directions, strict, without sockets.
 *
 * How a proxy uses it, for one client connection (all objects are made once and used again for each message):
 *
 *     const requests = new RequestParser(limits);             // per client connection
 *     at = requests.push(buffer, at, end);                     // returns the index after the last byte taken
 *     requests.state                                           // "more" | "complete" | "failed" (requests.failure)
 *     const head = requests.head;                              // valid until requests.next()
 *     requestBody.begin(head.framing, head.contentLength);     // BodyReader
 *     to the worker: writeRequestHead(head, forwarding)        // a latin1 string: socket.write(text, "latin1")
 *
 *     while (at < end && !body.done) {
 *       at = body.read(buffer, at, end);                       // body.from..body.to: data within `buffer`, may be empty
 *       if (body.failure) ...                                  // cut the connection
 *     }                                                        // body.done: the next message begins at `at`
 *     after the exchange: requests.next()
 *
 *     const answers = new AnswerParser(limits);                // per worker connection
 *     answers.next(head.method);                               // before each answer and after each 1xx
 *     answers.push(...) as above; 1xx: forward with writeAnswerHead and call next(method) again
 *     const out = answerFraming(answers.head, head.minor);     // how the client gets the body
 *     to the client: writeAnswerHead(answers.head, ...)
 *     chunked out: chunkHead(n) + data + chunkTail, at the end lastChunk(body.trailers)
 *
 * No method takes a callback and none copies body bytes. After a failure the only thing to do is to close.
 */
export type * from "./head.ts";
export { RequestParser } from "./request-parser.ts";
export { AnswerParser } from "./answer-parser.ts";
export { BodyReader } from "./body-reader.ts";
export { Origin } from "./origin.ts";
export type { Forwarders } from "./origin.ts";
export { writeRequestHead } from "./write-request.ts";
export type { RequestForwarding } from "./write-request.ts";
export { answerFraming, strictTransportField, writeAnswerHead } from "./write-answer.ts";
export type { AnswerForwarding } from "./write-answer.ts";
export { continueAnswer, writeOwnAnswer } from "./own-answer.ts";
export type { OwnAnswer } from "./own-answer.ts";
export { chunkHead, chunkTail, lastChunk } from "./chunks.ts";
export { noRequestId, plainRequestId, RequestIds } from "./request-id.ts";
export type { RequestId } from "./request-id.ts";
export { checkPath } from "./path.ts";
export type { PathFinding } from "./path.ts";
export { readAuthority } from "./authority.ts";
