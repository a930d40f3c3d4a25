/**
 * A name or a value of a query: `+` is a space, escapes are UTF-8. A broken escape stands for itself, and bytes that are
 * no UTF-8 for U+FFFD: a client can write thousands of them, and an exception for each would cost milliseconds.
 */
export function decodedQueryText(text: string): string {
  const spaced = text.replaceAll("+", " ");
  if (!spaced.includes("%")) return spaced;
  return spaced.replaceAll(/(?:%[\da-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll("%", ""), "hex").toString(),
  );
}
