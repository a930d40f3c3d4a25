/** Of the first cookie of this name in a Cookie field; as it was sent, nothing decoded. */
export function cookieIn(name: string, cookies: string): string | undefined {
  return valueIn(name, cookies, ";");
}

/** Of the first `name=value` in a list. Makes one text, however many pairs there are. */
export function valueIn(name: string, list: string, separator: string): string | undefined {
  const start = `${name}=`;
  for (let from = 0; from < list.length;) {
    const next = list.indexOf(separator, from);
    const end = next === -1 ? list.length : next;
    while (isBlank(list.charCodeAt(from)) && from < end) from += 1;
    if (list.startsWith(start, from)) return list.slice(from + start.length, end).trimEnd();
    from = end + 1;
  }
  return undefined;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
