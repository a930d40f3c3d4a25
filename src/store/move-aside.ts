import { existsSync, renameSync } from "node:fs";

/** What sqlite keeps beside the file while it is open. */
export const companions = ["-wal", "-shm"] as const;

/** Renames what of `suffixes` stands beside the file, and the file itself for "", to a name that is free. Gives that name. */
export function moveAside(file: string, why: "corrupt" | "replaced", suffixes: readonly string[]): string {
  const nameOf = (number: number): string => `${file}.${why}-${number}`;
  const isTaken = (number: number): boolean =>
    ["", ...companions].some((suffix) => existsSync(nameOf(number) + suffix));
  let number = 1;
  while (isTaken(number)) number += 1;
  for (const suffix of suffixes) {
    if (existsSync(file + suffix)) renameSync(file + suffix, nameOf(number) + suffix);
  }
  return nameOf(number);
}
