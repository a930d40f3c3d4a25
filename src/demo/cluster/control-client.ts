import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";

/** `GET path` of the control API over a controller's unix socket; the parsed JSON. */
export async function readControl(socketPath: string, path: string, timeoutMs = 1000): Promise<unknown> {
  const text = await readControlText(socketPath, path, timeoutMs);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`GET ${path} gave no JSON`);
  }
}

/** The same as text. */
export async function readControlText(socketPath: string, path: string, timeoutMs = 1000): Promise<string> {
  return await new Promise((resolve, reject) => {
    const call = request({
      socketPath,
      path,
      headers: { host: "localhost" },
      agent: false,
      timeout: timeoutMs,
    });
    call.on("timeout", () => call.destroy(new Error(`no answer to GET ${path} within ${timeoutMs} ms`)));
    call.on("error", reject);
    call.on("response", (response) => {
      response.setEncoding("utf8");
      let text = "";
      response.on("data", (piece: string) => (text += piece));
      response.on("error", reject);
      response.on("end", () => resolve(text));
    });
    call.end();
  });
}

/** `POST path` as an operator; the text of the answer. Throws when it is refused. */
export async function postControl(
  socketPath: string,
  path: string,
  token: string,
  body: object = {},
  timeoutMs = 5000,
): Promise<string> {
  const json = JSON.stringify(body);
  const headers = {
    host: "localhost",
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(json),
  };
  const call = request({ socketPath, path, method: "POST", headers, agent: false, timeout: timeoutMs });
  call.on("timeout", () => call.destroy(new Error(`no answer to POST ${path} within ${timeoutMs} ms`)));
  call.end(json);
  const [response] = (await once(call, "response")) as [IncomingMessage];
  const answer = await text(response);
  const { statusCode = 0 } = response;
  if (statusCode >= 400) throw new Error(`POST ${path}: ${statusCode} ${answer}`);
  return answer;
}
