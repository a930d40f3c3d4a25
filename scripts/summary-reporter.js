import { relative } from "node:path";

/** A suite shows its longest files, if they are longer than this: where to look when it takes too long. */
const longMs = 10_000;
const shownMax = 5;

// After the dots: what was skipped and why, which files took long, then the counts.
export default async function* report(source) {
  const counts = new Map();
  const files = new Map();
  for await (const event of source) {
    const { data } = event;
    if (event.type === "test:pass" && data.skip !== undefined) {
      yield `\nskipped ${data.name}: ${data.skip === true ? "no reason given" : data.skip}\n`;
    } else if (event.type === "test:diagnostic" && data.file === undefined) {
      const match = /^(tests|pass|fail|skipped|cancelled) (\d+)$/.exec(data.message);
      if (match !== null) counts.set(match[1], Number(match[2]));
    }
    const file = data.entryFile ?? data.file;
    const ended = event.type === "test:pass" || event.type === "test:fail";
    if (ended && data.nesting === 0 && file !== undefined)
      files.set(file, (files.get(file) ?? 0) + data.details.duration_ms);
  }
  const get = (name) => counts.get(name) ?? 0;
  yield longest(files);
  yield `\ntests ${get("tests")}\n${get("pass")} passed, ${get("fail") + get("cancelled")} failed, ${get("skipped")} skipped\n`;
}

function longest(files) {
  return [...files]
    .filter(([, ms]) => ms > longMs)
    .sort(([, one], [, other]) => other - one)
    .slice(0, shownMax)
    .map(([file, ms]) => `\n${(ms / 1000).toFixed(1)} s  ${relative(".", file)}`)
    .join("");
}
