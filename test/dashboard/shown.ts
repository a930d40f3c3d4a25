import type { Page } from "playwright-core";

/** Notes inside the page when the worker's row comes to say `live`, and when it ceases to. The clock is the host's. */
const watch = (id: string): string => `{
  const live = () => [...document.querySelectorAll("tbody tr")].some(
    (row) => row.textContent.includes(${JSON.stringify(id)}) && row.querySelector(".state.live") !== null,
  );
  const turned = (to) => new Promise((done) => {
    const look = () => {
      if (live() !== to) return;
      observer.disconnect();
      done(Date.now());
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    look();
  });
  window.cameLive = turned(true);
  window.leftLive = window.cameLive.then(() => turned(false));
  // Not to be waited for.
  undefined;
}`;

/**
 * How long after `end` began the page of workers shows that this one is no longer live. `revive` makes it live, which it is
 * not before; the end comes as soon as the page shows it. So a page that asks from time to time is late by a whole period,
 * and never in time by luck.
 */
export async function shownAfterMs(
  page: Page,
  id: string,
  revive: () => unknown,
  end: () => void,
): Promise<number> {
  await page.evaluate(watch(id));
  const [endedAt] = await Promise.all([
    page.evaluate("window.cameLive").then(() => {
      const now = Date.now();
      end();
      return now;
    }),
    revive(),
  ]);
  return Number(await page.evaluate("window.leftLive")) - endedAt;
}

/** Makes a page one that polls: what its live stream brings reaches it only so often. To be put in before it is opened. */
export const polling = (everyMs: number): string => `{
  const fetched = window.fetch;
  window.fetch = async (...args) => {
    const answer = await fetched(...args);
    if (!String(args[0]).includes("/v1/live") || answer.body === null) return answer;
    const held = [];
    const body = answer.body.pipeThrough(new TransformStream({
      start(stream) {
        setInterval(() => held.splice(0).forEach((chunk) => stream.enqueue(chunk)), ${everyMs});
      },
      transform: (chunk) => void held.push(chunk),
    }));
    return new Response(body, answer);
  };
}`;
