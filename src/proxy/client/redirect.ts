import type { RequestHead } from "../../http1/http1.ts";
import { type GatewayAnswer, gatewayAnswer } from "../exchange/gateway-answer.ts";

/** The same URL under https. Every byte of it was checked by the parser: none can end the field. */
export function redirectToHttps(
  { host, path, query }: Pick<RequestHead, "host" | "path" | "query">,
  port: number,
  requestId: string,
): GatewayAnswer {
  const answer = gatewayAnswer("httpsRequired", { requestId, hints: false });
  const authority = port === httpsPort ? host : `${host}:${port}`;
  // `OPTIONS *` asks about the server as a whole.
  const target = path === "*" ? "/" : path + query;
  return { ...answer, fields: [...answer.fields, ["Location", `https://${authority}${target}`]] };
}

const httpsPort = 443;
