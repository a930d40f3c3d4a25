import { type Field, plainBody, plainFields, plainFraming } from "./plain-text.ts";

/** An answer as the client sees it. */
export interface SeenAnswer {
  status: number;
  fields: readonly Field[];
  body: string;
  trailers: string;
  /** Its end has come. */
  whole: boolean;
}

export interface SeenAnswers {
  answers: SeenAnswer[];
  /** What is not plain, and where reading stopped; empty when nothing is. */
  odd: string;
  /** What is not yet a head; after a 101 all that follows. */
  rest: string;
}

/** How a connection stands, seen from one end. */
export type ConnectionState = "open" | "closed" | "reset";

const statusLine = /^HTTP\/1\.[01] (\d{3})( [\t\x20-\x7e\x80-\xff]*)?$/;

/** All answers in what one connection has brought so far, to requests of these methods (GET when there are more). */
export function plainAnswers(
  received: string,
  methods: readonly string[],
  state: ConnectionState,
): SeenAnswers {
  const answers: SeenAnswer[] = [];
  let rest = received;
  while (rest !== "") {
    const headEnd = rest.indexOf("\r\n\r\n");
    if (headEnd === -1) break;
    const final = answers.filter(({ status }) => status >= 200).length;
    const read = readAnswer(rest, headEnd, methods[final] ?? "GET", state);
    if (typeof read === "string") return { answers, odd: read, rest };
    answers.push(read.answer);
    rest = rest.slice(read.end);
    if (!read.answer.whole || read.answer.status === 101) break;
  }
  return { answers, odd: "", rest };
}

function readAnswer(
  text: string,
  headEnd: number,
  method: string,
  state: ConnectionState,
): { answer: SeenAnswer; end: number } | string {
  const [first = "", ...lines] = text.slice(0, headEnd).split("\r\n");
  const match = statusLine.exec(first);
  if (match === null) return `a status line ${JSON.stringify(first)}`;
  const fields = plainFields(lines);
  if (typeof fields === "string") return fields;
  const status = Number(match[1]);
  const bare = { status, fields, body: "", trailers: "", whole: true };
  const bodyAt = headEnd + 4;
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) {
    return { answer: bare, end: bodyAt };
  }
  const framing = plainFraming(fields);
  if (typeof framing === "string") return framing;
  const rest = text.slice(bodyAt);
  if (framing.framing === "none") {
    // To the end of the connection: a reset is no end.
    return { answer: { ...bare, body: rest, whole: state === "closed" }, end: text.length };
  }
  const body = plainBody(rest, framing.framing, framing.length);
  if (body.odd !== "") return body.odd;
  const whole = body.end !== undefined;
  return {
    answer: { ...bare, body: body.data, trailers: body.trailers, whole },
    end: whole ? bodyAt + body.end! : text.length,
  };
}
