import { relative } from "node:path";
import type { TestEvent } from "node:test/reporters";

/** A suite shows its longest files, if they are longer than this: where to look when it takes too long. */
const longMs = 10_000;
const shownMax = 5;

/** After the dots: what was skipped and why, which files took long, then the counts. */
export async function* summary(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = new Map<string, number>();
  const files = new Map<string, number>();
  for await (const { type, data } of source) {
    if (type === "test:pass" && data.skip !== undefined) {
      yield `\nskipped ${data.name}: ${data.skip === true ? "no reason given" : data.skip}\n`;
    } else if (type === "test:diagnostic" && data.file === undefined) {
      const [, what = "", count] = /^(tests|pass|fail|skipped|cancelled) (\d+)$/.exec(data.message) ?? [];
      if (count !== undefined) counts.set(what, Number(count));
    }
    if (type !== "test:pass" && type !== "test:fail") continue;
    const file = data.entryFile ?? data.file;
    if (data.nesting === 0 && file !== undefined)
      files.set(file, (files.get(file) ?? 0) + data.details.duration_ms);
  }
  const get = (name: string): number => counts.get(name) ?? 0;
  yield longest(files);
  yield `\ntests ${get("tests")}\n${get("pass")} passed, ${get("fail") + get("cancelled")} failed, ${get("skipped")} skipped\n`;
}

function longest(files: ReadonlyMap<string, number>): string {
  return [...files]
    .filter(([, ms]) => ms > longMs)
    .sort(([, one], [, other]) => other - one)
    .slice(0, shownMax)
    .map(([file, ms]) => `\n${(ms / 1000).toFixed(1)} s  ${relative(".", file)}`)
    .join("");
}
