import type { ComponentChild } from "preact";
import { rangeMs, ranges } from "../range.ts";

export function Range(): ComponentChild {
  return (
    <label class="range">
      The last{" "}
      <select
        value={String(rangeMs.value)}
        onChange={(event) => (rangeMs.value = Number(event.currentTarget.value))}
      >
        {ranges.map(({ title, ms }) => (
          <option key={ms} value={String(ms)}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}
