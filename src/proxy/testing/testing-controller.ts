import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { EvidenceReport, StatisticsReport } from "../../protocol/evidence.ts";
import type { TableFrame } from "../../protocol/routing-table.ts";

/** A controller's unix socket of which the test writes every frame. */
export class TestController {
  readonly streams: ServerResponse[] = [];
  readonly queries: string[] = [];
  readonly evidence: EvidenceReport[] = [];
  readonly statistics: StatisticsReport[] = [];
  /** What it tells of the proxies that there are. */
  sharers = 1;
  readonly #server: Server;
  #alive: NodeJS.Timeout | undefined;
  #onStream: (stream: ServerResponse) => void = () => {};

  constructor(onStream: (stream: ServerResponse) => void) {
    this.#onStream = onStream;
    this.#server = createServer((incoming, answer) => this.#answer(incoming, answer));
  }

  async listen(socketPath: string): Promise<this> {
    this.#server.listen(socketPath);
    await once(this.#server, "listening");
    return this;
  }

  #answer(incoming: IncomingMessage, answer: ServerResponse): void {
    if (incoming.url?.startsWith("/v1/routing-table")) {
      this.queries.push(incoming.url);
      answer.writeHead(200, { "content-type": "application/x-ndjson" });
      this.streams.push(answer);
      this.#onStream(answer);
      return;
    }
    let text = "";
    incoming.on("data", (chunk) => (text += String(chunk)));
    incoming.on("end", () => {
      if (incoming.url === "/v1/evidence") this.evidence.push(JSON.parse(text) as EvidenceReport);
      if (incoming.url === "/v1/statistics") this.statistics.push(JSON.parse(text) as StatisticsReport);
      answer.writeHead(200).end(JSON.stringify({ v: 1, sharers: this.sharers }));
    });
  }

  send(frame: TableFrame): void {
    for (const stream of this.streams) stream.write(`${JSON.stringify(frame)}\n`);
  }

  /** Tells every 100 ms that the stream lives. */
  keepAlive(sequence: number, term: number): void {
    this.#alive = setInterval(() => this.send({ kind: "alive", sequence, term }), 100);
  }

  close(): void {
    clearInterval(this.#alive);
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
