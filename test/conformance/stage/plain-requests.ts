import { type Field, plainBody, plainFields, type PlainFraming, plainFraming } from "./plain-text.ts";

/** A request as whoever gets it sees it. */
export interface SeenRequest {
  method: string;
  target: string;
  version: string;
  fields: readonly Field[];
  framing: PlainFraming;
  body: string;
  trailers: string;
  /** Its end has come. */
  whole: boolean;
}

export interface SeenRequests {
  requests: SeenRequest[];
  /** What is not plain, and where reading stopped; empty when nothing is. */
  odd: string;
  /** What is not yet a head. */
  rest: string;
}

const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) (HTTP\/1\.[01])$/;

/** All requests in what one connection has brought so far. */
export function plainRequests(received: string): SeenRequests {
  const requests: SeenRequest[] = [];
  let rest = received;
  while (rest !== "") {
    const headEnd = rest.indexOf("\r\n\r\n");
    if (headEnd === -1) break;
    const head = readHead(rest.slice(0, headEnd));
    if (typeof head === "string") return { requests, odd: head, rest };
    const { length, ...request } = head;
    const body = plainBody(rest.slice(headEnd + 4), head.framing, length);
    const whole = body.end !== undefined;
    requests.push({ ...request, body: body.data, trailers: body.trailers, whole });
    if (body.odd !== "") return { requests, odd: body.odd, rest };
    if (body.end === undefined) return { requests, odd: "", rest: "" };
    rest = rest.slice(headEnd + 4 + body.end);
  }
  return { requests, odd: "", rest };
}

type Head = Omit<SeenRequest, "body" | "trailers" | "whole"> & { length: number };

function readHead(text: string): Head | string {
  const [first = "", ...lines] = text.split("\r\n");
  const match = requestLine.exec(first);
  if (match === null) return `a request line ${JSON.stringify(first)}`;
  const fields = plainFields(lines);
  if (typeof fields === "string") return fields;
  const framing = plainFraming(fields);
  if (typeof framing === "string") return framing;
  return { method: match[1]!, target: match[2]!, version: match[3]!, fields, ...framing };
}
