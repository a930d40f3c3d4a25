import { latencyBucketsMs } from "../../protocol/evidence.ts";
import type { Sample } from "./family.ts";

const bounds = latencyBucketsMs.map((ms) => String(ms / 1000));

/** `counts`: one for each bucket, then one for all above. Buckets are cumulative in the text format, counts are not. */
export function* histogram(
  counts: ArrayLike<number>,
  sumMs: number,
  labels: Record<string, string>,
): Iterable<Sample> {
  let below = 0;
  for (const [index, le] of bounds.entries()) {
    below += counts[index] ?? 0;
    yield { suffix: "_bucket", labels: { ...labels, le }, value: below };
  }
  const count = below + (counts[bounds.length] ?? 0);
  yield { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: count };
  yield { suffix: "_sum", labels, value: sumMs / 1000 };
  yield { suffix: "_count", labels, value: count };
}
