/** Which of several things is for which host. Never changed after `serverNames`. */
export interface ServerNames<Item> {
  readonly exact: ReadonlyMap<string, Item>;
  /** By what follows `*.`. */
  readonly wildcard: ReadonlyMap<string, Item>;
}

/** `names` in lower case: `example.com`, `*.example.com`. Of two items with one name the first counts. */
export function serverNames<Item>(
  items: readonly { readonly names: readonly string[]; readonly item: Item }[],
): ServerNames<Item> {
  const exact = new Map<string, Item>();
  const wildcard = new Map<string, Item>();
  for (const { names, item } of items) {
    for (const name of names) {
      const [map, key] = name.startsWith("*.") ? [wildcard, name.slice(2)] : [exact, name];
      if (!map.has(key)) map.set(key, item);
    }
  }
  return { exact, wildcard };
}

/** RFC 9525: a name itself goes before a wildcard, which stands for exactly one label. `host` in lower case. */
export function itemFor<Item>(names: ServerNames<Item>, host: string): Item | undefined {
  const own = names.exact.get(host);
  if (own !== undefined || names.wildcard.size === 0) return own;
  const dot = host.indexOf(".");
  return dot > 0 ? names.wildcard.get(host.slice(dot + 1)) : undefined;
}
