import { request } from "node:http";
import { duplexPair } from "node:stream";

/** The first final answer as llhttp (node:http's client) understood it. */
export interface OracleAnswer {
  /** 0: it gave none. */
  status: number;
  rawHeaders: string[];
  body: string;
  complete: boolean;
  /** Code of the error; empty when there was none. */
  error: string;
}

async function afterTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Judges an answer to a request of this method, given in one piece and followed by the end of the connection. */
export async function judgeAnswer(input: Buffer, method: string): Promise<OracleAnswer> {
  const answer: OracleAnswer = { status: 0, rawHeaders: [], body: "", complete: false, error: "" };
  const [near, far] = duplexPair();
  far.on("error", () => {});
  far.resume();
  await new Promise<void>((resolve) => {
    const asked = request({ method, host: "a", createConnection: () => near, maxHeaderSize: 1 << 20 });
    asked.maxHeadersCount = 0;
    // The first one is the parser's; what follows is only that the answer was cut by it.
    const failed = (error: NodeJS.ErrnoException): void => {
      if (answer.error === "") answer.error = error.code ?? error.message;
    };
    asked.on("error", failed);
    asked.on("upgrade", (response) => {
      answer.status = response.statusCode ?? 0;
      answer.rawHeaders = response.rawHeaders;
      answer.complete = true;
    });
    asked.on("response", (response) => {
      answer.status = response.statusCode ?? 0;
      answer.rawHeaders = response.rawHeaders;
      response.on("data", (chunk: Buffer) => (answer.body += chunk.toString("latin1")));
      response.on("error", failed);
      response.on("end", () => (answer.complete = response.complete));
    });
    near.once("close", () => setImmediate(resolve));
    asked.end();
    // The request goes out, the answer comes in; some turns later all of it has arrived, and the case ends.
    void afterTurns(2)
      .then(() => far.end(input))
      .then(() => afterTurns(6))
      .then(() => near.destroy());
  });
  return answer;
}
