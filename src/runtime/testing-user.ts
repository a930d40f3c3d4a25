/** Root may read and write everywhere: be nobody for a while. */
export function becomeUser(): { back(): void } {
  if (process.geteuid?.() !== 0) return { back() {} };
  process.seteuid?.(65_534);
  return { back: () => process.seteuid?.(0) };
}
