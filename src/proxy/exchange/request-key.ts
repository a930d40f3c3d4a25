import { hashText } from "../../core/balancing/hash.ts";
import type { Origin, RequestHead } from "../../http1/http1.ts";
import type { RequestKey } from "../../protocol/configuration.ts";
import { cookieIn, valueIn } from "./cookie.ts";

export const byAddress: RequestKey = { from: "address" };

/** The hash of what keeps this request together with others; undefined: it has nothing of the kind. */
export function requestKeyOf(key: RequestKey, head: RequestHead, origin: Origin): number | undefined {
  const text = requestTextOf(key, head, origin);
  return text === undefined || text === "" ? undefined : hashText(text);
}

/** What keeps this request together with others, as it was sent: a slice of its head. */
export function requestTextOf(key: RequestKey, head: RequestHead, origin: Origin): string | undefined {
  switch (key.from) {
    case "address":
      return origin.clientOf(head);
    case "host":
      return head.host;
    case "path":
      return head.path;
    case "header":
      return head.header(key.name);
    case "cookie":
      return cookieIn(key.name, head.header("cookie") ?? "");
    case "query":
      return valueIn(key.name, head.query.slice(1), "&");
  }
}
