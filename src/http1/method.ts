const usual = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"];

/**
 * The method, which is the beginning of the head up to `end`. A usual one is always the same string, whose hash is
 * known wherever it is looked up; one cut out of the head would be hashed each time.
 */
export function methodOf(head: string, end: number): string {
  for (const method of usual) if (method.length === end && head.startsWith(method)) return method;
  return head.slice(0, end);
}
