/** Text between `-----BEGIN LABEL-----` and its end, both included; the label may have words before it (`RSA PRIVATE KEY`). */
export function pemBlocks(text: string, label: "CERTIFICATE" | "PRIVATE KEY"): string[] {
  const found = text.matchAll(
    new RegExp(
      `-----BEGIN (?:[A-Z0-9]{1,10} )?${label}-----[^-]{1,100000}-----END (?:[A-Z0-9]{1,10} )?${label}-----`,
      "g",
    ),
  );
  return Array.from(found, ([block]) => block);
}

/** Somebody has written the content where a path belongs. It must not be repeated anywhere: it may be a key. */
export function looksLikePem(value: string): boolean {
  return value.includes("-----BEGIN") || value.includes("PRIVATE KEY");
}

export function messageOfPem(file: string, what: string, found: string): string {
  if (found !== "") return `${file} holds ${found}`;
  const line = what.toUpperCase();
  return `${file} holds no ${what} in PEM form (a line "-----BEGIN ${line}-----")`;
}
