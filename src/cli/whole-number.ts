import { exitCode, Failure } from "./failure.ts";

export function wholeNumber(text: string, flag: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Failure(`${flag}: "${text}" is not a whole number`, exitCode.usage);
}
