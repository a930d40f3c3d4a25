// `npm run bench:dashboard`: how soon the first picture is there, and what 1,000 busy workers that change 100 times in a second
// cost: frames per second of the pages, and bytes that the controller sends.
import type { Browser } from "playwright-core";
import { workerView } from "../../src/control/testing-ports.ts";
import { type Ends, launch, openPage } from "./browser.ts";
import { Scene } from "./scene.ts";

const workers = 1_000;
const changesPerSecond = 100;
const seconds = 8;
const openings = 7;

/** Counts frames inside the page, and the longest pause between two. */
const countFrames = `new Promise((done) => {
  let frames = 0, longest = 0, last = performance.now();
  const began = last;
  const frame = (now) => {
    frames += 1;
    longest = Math.max(longest, now - last);
    last = now;
    if (now - began < ${seconds * 1000}) requestAnimationFrame(frame);
    else done({ perSecond: (frames * 1000) / (now - began), longest });
  };
  requestAnimationFrame(frame);
})`;

/** Until something of the cluster is drawn, in a browser that knows nothing of the page: milliseconds, the quickest first. */
async function firstPictures(browser: Browser, url: string): Promise<number[]> {
  const took: number[] = [];
  while (took.length < openings) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    const began = performance.now();
    await page.goto(url, { waitUntil: "commit" });
    await page.locator(".node.worker, rect.mark").first().waitFor();
    took.push(performance.now() - began);
    await context.close();
  }
  return took.toSorted((one, other) => one - other);
}

interface Sent {
  snapshotBytes: number;
  deltaBytes: number;
}

/** What the live stream sends to one reader, by word, until `over`. */
async function countSent(url: string, over: AbortSignal): Promise<Sent> {
  const sent: Sent = { snapshotBytes: 0, deltaBytes: 0 };
  const answer = await fetch(`${url}/v1/live`, { signal: over });
  let text = "";
  try {
    for await (const part of (answer.body ?? new ReadableStream<Uint8Array>()).pipeThrough(
      new TextDecoderStream(),
    )) {
      text += part;
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        if (block.startsWith("event: snapshot")) sent.snapshotBytes += block.length;
        else sent.deltaBytes += block.length;
      }
    }
  } catch (error) {
    if (!over.aborted) throw error;
  }
  return sent;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const ends: (() => unknown)[] = [];
const t: Ends = { after: (end) => void ends.push(end) };

const scene = await Scene.open(t);
scene.ports.workersThere = Array.from({ length: workers }, (_, at) => ({
  ...workerView("orders", `w-${String(at).padStart(4, "0")}`),
  load: { inFlight: 1, eventLoopDelayP99Ms: 11, eventLoopUtilization: 0.1 },
}));
const browser = await launch();
const pictures = await firstPictures(browser, `${scene.dashboard}#/overview`);
say(
  `first picture: ${pictures[openings >> 1]?.toFixed(0)} ms, at most ${pictures.at(-1)?.toFixed(0)} ms, ` +
    `${workers} workers, ${openings} openings`,
);
let at = 0;
let changes = 0;
const changing = setInterval(() => {
  at = (at + 1) % workers;
  const one = scene.ports.workersThere[at];
  if (one === undefined) return;
  changes += 1;
  const state = one.state === "live" ? "suspect" : "live";
  scene.ports.workersThere[at] = { ...one, state, load: { ...one.load, inFlight: (at * 7) % 50 } };
}, 1000 / changesPerSecond);
// Every worker is busy, so every second the statistics of all of them are new, at both proxies.
const everybody = scene.ports.workersThere.map(({ id }) => id);
const serving = setInterval(() => scene.ports.serve(5_000, everybody), 1_000);
try {
  for (const page of ["overview", "workers"]) {
    const opened = await openPage(t, browser, `${scene.dashboard}#/${page}`);
    await opened.page
      .locator(page === "overview" ? "rect.mark" : "tbody tr")
      .first()
      .waitFor();
    const before = changes;
    const over = new AbortController();
    const sending = countSent(scene.url, over.signal);
    const { perSecond, longest } = (await opened.page.evaluate(countFrames)) as {
      perSecond: number;
      longest: number;
    };
    over.abort();
    const { snapshotBytes, deltaBytes } = await sending;
    say(
      `${page}: ${perSecond.toFixed(1)} frames/s, longest pause ${longest.toFixed(0)} ms, ` +
        `${workers} workers, ${Math.round((changes - before) / seconds)} changes/s, ${seconds} s; a snapshot of ` +
        `${(snapshotBytes / 1000).toFixed(0)} kB once, then ${(deltaBytes / 1000 / seconds).toFixed(1)} kB/s of changes`,
    );
    await opened.page.close();
  }
} finally {
  clearInterval(changing);
  clearInterval(serving);
  await browser.close();
  for (const end of ends) await end();
}
