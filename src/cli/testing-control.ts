import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A control API for tests: answers by "METHOD path", and keeps what it was asked. */
export interface TestingControl {
  readonly address: string;
  readonly asked: { line: string; authorization: string | undefined; body: string }[];
  close(): void;
}

export type TestingAnswer = { status?: number; json: unknown } | ((response: ServerResponse) => void);

export async function openTestingControl(
  answer: (line: string) => TestingAnswer | undefined,
): Promise<TestingControl> {
  const asked: TestingControl["asked"] = [];
  const server: Server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const line = `${request.method} ${request.url}`;
      asked.push({ line, authorization: request.headers.authorization, body });
      const found = answer(line) ?? {
        status: 404,
        json: { code: "not-found", title: "There is no such thing" },
      };
      if (typeof found === "function") return found(response);
      response.writeHead(found.status ?? 200, { "content-type": "application/json" });
      response.end(JSON.stringify(found.json));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
