const bytes = new Set(["key", "range_end", "value"]);

/** A call of etcd's gateway, past everything of ours. Keys and values are texts. */
export async function ask(
  endpoint: string,
  path: string,
  body: Record<string, unknown>,
  token?: string,
): Promise<Record<string, unknown>> {
  const encoded = Object.entries(body).map(([name, value]) => [
    name,
    bytes.has(name) ? Buffer.from(String(value)).toString("base64") : value,
  ]);
  const response = await fetch(`http://${endpoint}${path}`, {
    method: "POST",
    body: JSON.stringify(Object.fromEntries(encoded)),
    headers: token === undefined ? {} : { authorization: token },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}
