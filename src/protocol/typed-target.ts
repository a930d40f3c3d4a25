/** Of whom a request is asked, where that was told, and for what: path and query as they were typed. */
export interface TypedTarget {
  /** With its port, if that is not the usual one. */
  authority: string | undefined;
  target: string;
}

/** What somebody types who asks where a request would go: `/orders/7`, or a whole URL. Undefined: it is neither. */
export function typedTarget(text: string): TypedTarget | undefined {
  if (text.startsWith("/")) return { authority: undefined, target: targetIn(text) };
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  // By the text as it was typed: in its parsed form a usual port, user and password are gone, and a name may be a longer one.
  return { authority: new URL(text).host, target: targetIn(text.replace(/^https?:\/\/[^/?#]*/i, "")) };
}

/** A request is routed by its raw bytes; a fragment is none of them. */
function targetIn(text: string): string {
  const plain = text.split("#")[0] ?? "";
  return plain.startsWith("/") ? plain : `/${plain}`;
}
