import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

const bodyBytesMax = 64 * 1024;

/**
 * The small service of the demo and the drill: `GET /orders/:id`, `POST /orders`, `GET /healthz`. It knows nothing of
 * skein. `execute` is called for each order that is made, before it is answered.
 */
export function orderService(options: {
  worker: string;
  /** An order takes this long, as one that waits for a database would. Read anew at each. */
  workMs: number;
  execute: (id: string) => void;
}): RequestListener {
  const answer = (response: ServerResponse, status: number, body: object, id?: string): void => {
    response.writeHead(status, {
      "content-type": "application/json",
      "x-order-worker": options.worker,
      ...(id === undefined ? {} : { "x-order-id": id }),
    });
    response.end(JSON.stringify(body));
  };
  return (request, response) => {
    const { method, url = "/" } = request;
    const path = url.split("?", 1)[0] ?? "/";
    if (method === "GET" && path === "/healthz") return answer(response, 200, { ok: true });
    const id = /^\/orders\/([\w-]{1,100})$/.exec(path)?.[1];
    if (method === "GET" && id !== undefined) {
      return void setTimeout(() => answer(response, 200, { id, state: "open" }, id), options.workMs);
    }
    if (method === "POST" && path === "/orders") {
      return void readJson(request).then((body) => {
        const made = orderId(body);
        if (made === undefined) return answer(response, 400, { error: 'an order needs an "id"' });
        options.execute(made);
        setTimeout(() => answer(response, 201, { id: made, state: "open" }, made), options.workMs);
      });
    }
    if (method === "GET" && path === "/") {
      return answer(response, 200, { service: "orders", worker: options.worker, pid: process.pid });
    }
    answer(response, 404, { error: "try /orders/7" });
  };
}

function orderId(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || !("id" in body)) return undefined;
  return typeof body.id === "string" && /^[\w-]{1,100}$/.test(body.id) ? body.id : undefined;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = "";
  try {
    for await (const chunk of request) {
      text += String(chunk);
      if (text.length > bodyBytesMax) return undefined;
    }
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
