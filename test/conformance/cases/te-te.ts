import { post, refused, type RequestCase, smuggled, type Topic } from "./case.ts";

const bad = "400 bad-framing";
export const kettle2019 = "Kettle, HTTP desync attacks 2019";

/** A request that ends where `chunked` says, with a request behind it that belongs to the body where a length says. */
export const clTeBody = `0\r\n\r\n${smuggled}`;
export const clTe = (line: string): string =>
  post(`Content-Length: ${clTeBody.length}\r\n${line}\r\n`, clTeBody);

/** TE.TE: one reader must be brought to overlook the coding. All with a length beside it, as the attack needs it. */
const obfuscations: readonly RequestCase[] = (
  [
    ["a blank before the colon", "Transfer-Encoding : chunked", "400 bad-request"],
    ["a tab before the colon", "Transfer-Encoding\t: chunked", "400 bad-request"],
    ["a blank before the name", " Transfer-Encoding: chunked", "400 bad-request"],
    ["a tab before the name", "\tTransfer-Encoding: chunked", "400 bad-request"],
    ["a vertical tab before the name", "\x0bTransfer-Encoding: chunked", "400 bad-request"],
    ["a blank in the name", "Transfer Encoding: chunked", "400 bad-request"],
    ["bare CR in the name", "Transfer\r-Encoding: chunked", "400 bad-request"],
    ["NUL after the name", "Transfer-Encoding\0: chunked", "400 bad-request"],
    ["a byte above 127 in the name", "Transf\x82r-Encoding: chunked", "400 bad-request"],
    ["a byte above 127 after the colon", "Transfer-Encoding:\xffchunked", bad],
    ["a no-break space before the coding", "Transfer-Encoding: \xa0chunked", bad],
    ["a tab before the coding", "Transfer-Encoding:\tchunked", bad],
    ["a tab after the coding", "Transfer-Encoding: chunked\t", bad],
    ["a vertical tab before the coding", "Transfer-Encoding: \x0bchunked", "400 bad-request"],
    ["a form feed before the coding", "Transfer-Encoding: \x0cchunked", "400 bad-request"],
    ["NUL before the coding", "Transfer-Encoding: \0chunked", "400 bad-request"],
    ["bare CR before the coding", "Transfer-Encoding: \rchunked", "400 bad-request"],
    ["bare CR after the coding", "Transfer-Encoding: chunked\r", "400 bad-request"],
    ["bare LF before the coding", "Transfer-Encoding:\n chunked", "400 bad-request"],
    ["bare LF after another field", "X: x\nTransfer-Encoding: chunked", "400 bad-request"],
    ["bare CR after another field", "X: x\rTransfer-Encoding: chunked", "400 bad-request"],
    ["folded", "Transfer-Encoding:\r\n chunked", "400 bad-request"],
    ["folded into another field", "X: x\r\n Transfer-Encoding: chunked", "400 bad-request"],
    ["the colon on the next line", "Transfer-Encoding\r\n: chunked", "400 bad-request"],
    ["no colon", "Transfer-Encoding chunked", "400 bad-request"],
    ["no blank after the colon", "Transfer-Encoding:chunked", bad],
    ["two blanks after the colon", "Transfer-Encoding:  chunked", bad],
    ["in capitals", "TRANSFER-ENCODING: CHUNKED", bad],
    ["in mixed case", "tRaNsFeR-eNcOdInG: cHuNkEd", bad],
    ["in quotes", 'Transfer-Encoding: "chunked"', bad],
    ["in single quotes", "Transfer-Encoding: 'chunked'", bad],
    ["an unknown coding", "Transfer-Encoding: xchunked", bad],
    ["a part of the word", "Transfer-Encoding: chunk", bad],
    ["identity", "Transfer-Encoding: identity", bad],
    ["identity, then chunked", "Transfer-Encoding: identity, chunked", bad],
    ["chunked, then identity", "Transfer-Encoding: chunked, identity", bad],
    ["gzip, then chunked", "Transfer-Encoding: gzip, chunked", bad],
    ["chunked, then gzip", "Transfer-Encoding: chunked, gzip", bad],
    ["chunked twice", "Transfer-Encoding: chunked, chunked", bad],
    ["chunked and a comma", "Transfer-Encoding: chunked,", bad],
    ["a comma and chunked", "Transfer-Encoding: ,chunked", bad],
    ["chunked among words", "Transfer-Encoding: cow chunked bar", bad],
    ["chunked with a parameter", "Transfer-Encoding: chunked;q=1", bad],
    ["an empty coding", "Transfer-Encoding:", bad],
    ["two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", bad],
    ["two fields, the last unknown", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x", bad],
    ["two fields, the first unknown", "Transfer-Encoding: x\r\nTransfer-Encoding: chunked", bad],
    ["two fields, one of them empty", "Transfer-Encoding:\r\nTransfer-Encoding: chunked", bad],
    ["with an umlaut", "Transfer-Encoding: ch\xfcnked", bad],
    ["a sign that upper-cases to K", "Transfer-Encoding: chun\xe2\x84\xaaed", bad],
  ] as const
).map(([name, line, answer]) => refused(`TE.TE, ${name}`, kettle2019, clTe(line), answer));

/** What looks like the coding to some readers, and is another field: then the length alone counts. */
const otherNames: readonly RequestCase[] = (
  [
    ["with an underscore", "Transfer_Encoding: chunked", ["transfer_encoding", "transfer-encoding"]],
    ["with another first letter", "XTransfer-Encoding: chunked", ["transfer-encoding"]],
    ["with a dot at its end", "Transfer-Encoding.: chunked", ["transfer-encoding"]],
    ["of the content", "Content-Encoding: chunked", ["transfer-encoding"]],
    ["of TE", "TE: chunked", ["te", "transfer-encoding"]],
  ] as const
).map(([name, line, lacks]) => ({
  name: `TE.TE, a name ${name} is another name`,
  source: kettle2019,
  send: clTe(line),
  client: '200 "POST /p", open',
  worker: [`POST /p length ${JSON.stringify(clTeBody)}`],
  forwarded: { lacks },
}));

/** The coding alone, in a form that is not exactly `chunked`: no length to fall back on. */
const codings: readonly RequestCase[] = (
  [
    ["an unknown coding", "xchunked", "501 coding-unknown"],
    ["gzip, then chunked", "gzip, chunked", "501 coding-unknown"],
    ["identity", "identity", "501 coding-unknown"],
    ["chunked, then gzip", "chunked, gzip", bad],
    ["chunked twice", "chunked, chunked", bad],
    ["chunked with a parameter", "chunked;q=1", bad],
    ["an empty coding", "", bad],
    ["chunked after a tab", "\tchunked", bad],
  ] as const
).map(([name, coding, answer]) =>
  refused(
    `${name}, without a length`,
    "RFC 9112 6.1",
    post(`Transfer-Encoding: ${coding}\r\n`, clTeBody),
    answer,
  ),
);

export const teTe: Topic<RequestCase> = {
  title: "TE.TE",
  why: "exactly one `chunked`, or the request is refused",
  cases: [...obfuscations, ...otherNames, ...codings],
};
