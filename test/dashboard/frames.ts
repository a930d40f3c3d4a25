// `npm run bench:dashboard`: frames per second of the pages while 1,000 workers change 100 times in a second.
import { workerView } from "../../src/control/testing-ports.ts";
import { type Ends, launch, openPage } from "./browser.ts";
import { Scene } from "./scene.ts";

const workers = 1_000;
const changesPerSecond = 100;
const seconds = 8;

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

const ends: (() => unknown)[] = [];
const t: Ends = { after: (end) => void ends.push(end) };

const scene = await Scene.open(t);
scene.ports.workersThere = Array.from({ length: workers }, (_, at) => ({
  ...workerView("orders", `w-${String(at).padStart(4, "0")}`),
  load: { inFlight: 1, eventLoopDelayP99Ms: 11, eventLoopUtilization: 0.1 },
}));
const browser = await launch();
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
const serving = setInterval(() => scene.ports.serve(5_000), 1_000);
try {
  for (const page of ["overview", "workers"]) {
    const opened = await openPage(t, browser, `${scene.dashboard}#/${page}`);
    await opened.page
      .locator(page === "overview" ? "rect.mark" : "tbody tr")
      .first()
      .waitFor();
    const before = changes;
    const { perSecond, longest } = (await opened.page.evaluate(countFrames)) as {
      perSecond: number;
      longest: number;
    };
    process.stdout.write(
      `${page}: ${perSecond.toFixed(1)} frames/s, longest pause ${longest.toFixed(0)} ms, ` +
        `${workers} workers, ${Math.round((changes - before) / seconds)} changes/s, ${seconds} s\n`,
    );
    await opened.page.close();
  }
} finally {
  clearInterval(changing);
  clearInterval(serving);
  await browser.close();
  for (const end of ends) await end();
}
