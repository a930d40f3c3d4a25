// After the dots: every failed test whole, what was skipped and why, then the counts.
import { inspect } from "node:util";

export default async function* report(source) {
  const counts = new Map();
  for await (const event of source) {
    if (event.type === "test:fail") {
      const error = event.data.details.error;
      if (error?.failureType === "subtestsFailed") continue;
      const cause = error?.cause ?? error;
      const text = cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
      yield `\nFAILED ${event.data.name} (${event.data.file}:${event.data.line})\n${text}\n`;
      if (cause?.expected !== undefined)
        yield `expected ${inspect(cause.expected)}\nactual ${inspect(cause.actual)}\n`;
    } else if (event.type === "test:pass" && event.data.skip !== undefined) {
      yield `\nskipped ${event.data.name}: ${event.data.skip === true ? "no reason given" : event.data.skip}\n`;
    } else if (event.type === "test:summary" && event.data.file === undefined) {
      for (const [key, value] of Object.entries(event.data.counts)) counts.set(key, value);
    } else if (event.type === "test:diagnostic" && event.data.file === undefined) {
      const match = /^(tests|pass|fail|skipped|cancelled) (\d+)$/.exec(event.data.message);
      if (match !== null && !counts.has(match[1])) counts.set(match[1], Number(match[2]));
    }
  }
  const get = (...names) => names.map((name) => counts.get(name)).find((value) => value !== undefined) ?? 0;
  yield `\ntests ${get("tests")}\n${get("passed", "pass")} passed, ${get("failed", "fail") + get("cancelled")} failed, ${get("skipped")} skipped\n`;
}
