import { effect } from "@preact/signals";
import type { ComponentChild } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { history, type Moment } from "../state.ts";
import { theme } from "../theme.ts";

export interface Line {
  label: string;
  value: (moment: Moment) => number | undefined;
  /** Name of a colour in style/colours.css. */
  colour: string;
}

const heightPx = 44;

/** The last three minutes in a line or two. What it shows stands beside it as a number, so it is no picture to be read aloud. */
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
      const moments = history.value;
      const times = moments.map(({ at }) => at / 1000);
      plot.setData([times, ...lines.map(({ value }) => moments.map((one) => value(one) ?? null))]);
    });
    return () => {
      stop();
      sizes.disconnect();
      plot.destroy();
    };
  }, []);
  return <div class="sparkline" ref={place} aria-hidden="true" />;
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
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(max, 0.001) * 1.1] } },
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
