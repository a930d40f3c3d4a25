// After the dots: what was skipped and why, then the counts.
export default async function* report(source) {
  const counts = new Map();
  for await (const event of source) {
    if (event.type === "test:pass" && event.data.skip !== undefined) {
      yield `\nskipped ${event.data.name}: ${event.data.skip === true ? "no reason given" : event.data.skip}\n`;
    } else if (event.type === "test:diagnostic" && event.data.file === undefined) {
      const match = /^(tests|pass|fail|skipped|cancelled) (\d+)$/.exec(event.data.message);
      if (match !== null) counts.set(match[1], Number(match[2]));
    }
  }
  const get = (name) => counts.get(name) ?? 0;
  yield `\ntests ${get("tests")}\n${get("pass")} passed, ${get("fail") + get("cancelled")} failed, ${get("skipped")} skipped\n`;
}
