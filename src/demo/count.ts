/** The whole number above 0 that an option of a command stands for. */
export function count(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${option} ${text}: must be a whole number above 0`);
}
