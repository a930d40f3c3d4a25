import { fieldLine } from "./field-lines.ts";

export interface OwnAnswer {
  status: number;
  /** Names and values of ours. Content-Length, Connection and the status line are written here. */
  fields: readonly (readonly [name: string, value: string])[];
  /** Text; written as UTF-8. */
  body: string;
  keepAlive: boolean;
  /** The request was HEAD: the length is told, the body is not sent. */
  headOnly: boolean;
}

const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  417: "Expectation Failed",
  421: "Misdirected Request",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

/** A whole answer of the gateway itself, as a latin1 string. */
export function writeOwnAnswer(answer: OwnAnswer): string {
  const body = Buffer.from(answer.body, "utf8");
  let text = `HTTP/1.1 ${answer.status} ${reasons[answer.status] ?? ""}\r\n`;
  for (const [name, value] of answer.fields) text += fieldLine(name, value);
  text += `Content-Length: ${body.length}\r\n`;
  text += answer.keepAlive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return answer.headOnly ? text : text + body.toString("latin1");
}

/** `100 Continue` of the gateway itself. */
export const continueAnswer = "HTTP/1.1 100 Continue\r\n\r\n";
