import { createHmac, timingSafeEqual } from "node:crypto";

/** What either end of a link does with its key. */
export function linkProver(key: string): {
  hmac(text: string): string;
  same(one: string, other: string): boolean;
} {
  return {
    hmac: (text) => createHmac("sha256", key).update(text).digest("hex"),
    same(one, other) {
      const left = Buffer.from(one, "latin1");
      const right = Buffer.from(other, "latin1");
      return left.length === right.length && timingSafeEqual(left, right);
    },
  };
}
