const bars = "▁▂▃▄▅▆▇█";

/** One bar for each value, the last `width` of them, against the highest; unknown ones are gaps. */
export function sparkline(values: readonly (number | undefined)[], width: number): string {
  const shown = values.slice(-width);
  const highest = Math.max(...shown.map((value) => value ?? 0));
  const text = shown.map((value) => {
    if (value === undefined) return " ";
    return bars[highest > 0 ? Math.round((value / highest) * (bars.length - 1)) : 0];
  });
  return text.join("").padStart(width);
}
