import { effect } from "@preact/signals";
import type { ComponentChild } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { rangeMs } from "../range.ts";
import { history } from "../state.ts";
import { theme } from "../theme.ts";
import { chartData, type Moment, type Value } from "./chart-data.ts";

export interface Line {
  label: string;
  value: Value;
  /** Name of a colour in style/colours.css. */
  colour: string;
}

const heightPx = 44;

/** The time that was chosen, up to now, in a line or two. What it shows stands beside it as a number, so it is no picture to be read aloud. */
export function Sparkline({ lines }: { lines: readonly Line[] }): ComponentChild {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const plot = new uPlot(optionsFor(lines, element), [[]], element);
    const sizes = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: heightPx }));
    sizes.observe(element);
    const stop = effect(() => {
      void theme.value;
      const until = history.value.at(-1)?.at ?? Date.now();
      const from = until - rangeMs.value;
      const moments = history.value.filter(({ at }) => at >= from);
      plot.setData(
        chartData(
          moments,
          lines.map(({ value }) => value),
        ),
        false,
      );
      plot.batch(() => {
        plot.setScale("x", { min: from / 1000, max: until / 1000 });
        plot.setScale("y", { min: 0, max: highest(lines, moments) });
      });
    });
    return () => {
      stop();
      sizes.disconnect();
      plot.destroy();
    };
  }, []);
  return <div class="sparkline" ref={place} aria-hidden="true" />;
}

function highest(lines: readonly Line[], moments: readonly Moment[]): number {
  const most = moments.reduce(
    (before, one) => lines.reduce((max, { value }) => Math.max(max, value(one) ?? 0), before),
    0,
  );
  return Math.max(most, 0.001) * 1.1;
}

function optionsFor(lines: readonly Line[], element: HTMLElement): uPlot.Options {
  // Asked at each drawing: the colours change with the theme.
  const colour = (name: string) => (): string => getComputedStyle(element).getPropertyValue(`--${name}`);
  return {
    width: element.clientWidth || 100,
    height: heightPx,
    cursor: { show: false },
    legend: { show: false },
    axes: [{ show: false }, { show: false }],
    padding: [4, 0, 2, 0],
    scales: { x: { time: true }, y: { auto: false } },
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        width: 1.5,
        stroke: colour(line.colour),
        points: { show: false },
      })),
    ],
  };
}
