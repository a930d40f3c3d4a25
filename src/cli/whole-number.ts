import { exitCode, Failure } from "./failure.ts";

/** What a flag says; refused where it is no whole number, or more than what can be meant. */
export function wholeNumber(text: string, flag: string, max = Number.MAX_SAFE_INTEGER): number {
  if (/^\d{1,15}$/.test(text) && Number(text) <= max) return Number(text);
  const range = max === Number.MAX_SAFE_INTEGER ? "" : ` from 0 to ${max}`;
  throw new Failure(`${flag}: "${text}" is not a whole number${range}`, exitCode.usage);
}
