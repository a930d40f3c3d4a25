import type { Random } from "../../runtime/random.ts";

/** `digits` hexadecimal digits by chance, a multiple of 8; never all zero, which is no id. */
export function randomId(digits: 16 | 32, random: Random): string {
  let id = "";
  let any = 0;
  while (id.length < digits) {
    const word = Math.floor(random() * 0x1_0000_0000);
    any |= word;
    id += word.toString(16).padStart(8, "0");
  }
  return any === 0 ? `${id.slice(0, -1)}1` : id;
}
