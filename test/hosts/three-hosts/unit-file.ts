/** What a test does of a systemd unit: the words of the `[Service]` section, each with its values in order. */
export type ServiceSection = ReadonlyMap<string, readonly string[]>;

export function serviceSection(text: string): ServiceSection {
  const found = new Map<string, string[]>();
  let section = "";
  for (const line of text.split("\n")) {
    const title = /^\[(\w+)\]$/.exec(line);
    if (title !== null) section = title[1] ?? "";
    const word = /^(\w+)=(.*)$/.exec(line);
    if (section !== "Service" || word === null) continue;
    const [, name = "", value = ""] = word;
    const values = found.get(name) ?? [];
    values.push(value);
    found.set(name, values);
  }
  return found;
}

/** `KEY=value` lines: what an `EnvironmentFile` holds, and an `Environment` says. */
export function environmentIn(text: string): Record<string, string> {
  const pairs = text.matchAll(/^\s*([A-Za-z_]\w*)=(["']?)(.*)\2\s*$/gm);
  return Object.fromEntries(Array.from(pairs, ([, name = "", , value = ""]) => [name, value]));
}

/** The words of an `ExecStart`: a `$NAME` that stands alone becomes as many words as it has. */
export function commandWords(line: string, environment: Record<string, string>): string[] {
  const words = line.split(/\s+/).filter(Boolean);
  return words.flatMap((word) => {
    const name = /^\$(\w+)$/.exec(word)?.[1];
    return name === undefined ? [word] : (environment[name] ?? "").split(/\s+/).filter(Boolean);
  });
}
