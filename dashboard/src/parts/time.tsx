import type { ComponentChild } from "preact";
import { clock } from "../format.ts";

/** A moment: short to read, whole where the pointer rests. */
export function Time({ at }: { at: string }): ComponentChild {
  return (
    <time dateTime={at} title={at}>
      {clock(at)}
    </time>
  );
}
