/** Writes what was found into docs/conformance.md, between its markers. */
import { answerChoices } from "../fuzz/answer-choices.ts";
import { type Choice, requestChoices } from "../fuzz/choices.ts";
import { takenByOursOnly } from "../fuzz/compare-requests.ts";
import { looser, stricter, type Way } from "../beyond-parsing.ts";
import { isAlone, isSame, type Row } from "./report.ts";
import { type Message, type Passage, sampleSize } from "./second-order.ts";

export const markers = {
  choices: ["<!-- choices -->", "<!-- /choices -->"],
  cases: ["<!-- cases -->", "<!-- /cases -->"],
} as const;

/** `text` with `content` in place of what stood between the two markers. */
export function between(text: string, [begin, end]: readonly [string, string], content: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`docs/conformance.md has no ${begin} ... ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${content.trim()}\n\n${text.slice(to)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/** A choice that both readers make is one row. */
function choiceRows(rfcAllows: boolean): string[][] {
  const who = new Map<string, { choice: Choice; of: string[] }>();
  for (const [of, choices] of [
    ["clients", requestChoices],
    ["workers", answerChoices],
  ] as const) {
    for (const choice of choices.filter((one) => one.rfcAllows === rfcAllows)) {
      const known = who.get(choice.detail);
      if (known === undefined) who.set(choice.detail, { choice, of: [of] });
      else known.of.push(of);
    }
  }
  return [...who.values()].map(({ choice, of }) => [
    choice.detail,
    of.join(", "),
    choice.section,
    choice.because,
  ]);
}

const wayRows = (ways: readonly Way[]): string[][] =>
  ways.map(({ what, section, because }) => [what, section, because]);

export function choicesText(): string {
  return [
    "### Stricter than the RFC: what is refused",
    table(["refused, with these words", "of", "section", "because"], choiceRows(true)),
    "### Stricter than the RFC: what is forwarded",
    table(["what", "section", "because"], wayRows(stricter)),
    "### Looser than the RFC",
    table(["what", "section", "because"], wayRows(looser)),
    "### As the RFC, where llhttp is more lenient",
    table(["refused, with these words", "of", "section", "because"], choiceRows(false)),
    "### Taken, where llhttp does not read on",
    takenByOursOnly.map(({ because }) => `- ${because}`).join("\n"),
  ].join("\n\n");
}

export interface Competitor {
  name: string;
  version: string;
}

export function casesText(
  rows: readonly Row[],
  competitors: readonly Competitor[],
  secondOrder: string,
): string {
  const topics = [...new Set(rows.map(({ topic }) => topic))];
  return [
    summary(rows, competitors),
    "### Where ours is alone",
    aloneText(rows, competitors),
    "### What we forward, through the others",
    secondOrder,
    ...topics.flatMap((topic) => [
      `### ${topic}`,
      topicTable(
        rows.filter((row) => row.topic === topic),
        competitors,
      ),
    ]),
  ].join("\n\n");
}

function summary(rows: readonly Row[], competitors: readonly Competitor[]): string {
  const counts = competitors.map(({ name }, rival) => {
    const asked = rows.filter(({ theirs }) => theirs[rival] !== undefined);
    const robbed = asked.filter(({ theirs }) => theirs[rival]!.text.includes("somebody else")).length;
    return (
      `${name} does the same in ${asked.filter((row) => isSame(row, rival)).length} of ${asked.length}` +
      (robbed === 0 ? "" : ` (in ${robbed} somebody else's request suffers)`)
    );
  });
  const versions = competitors.map(({ name, version }) => `${name} ${version}`).join(", ");
  return (
    `${rows.length} cases; with ${versions}. ${counts.join("; ")}. ` +
    `In ${rows.filter(isAlone).length} ours does what none of them does.`
  );
}

function aloneText(rows: readonly Row[], competitors: readonly Competitor[]): string {
  return table(
    ["case", "skein", ...competitors.map(({ name }) => name), "why"],
    rows
      .filter(isAlone)
      .map((row) => [row.name, row.ours.text, ...row.theirs.map((finding) => finding?.text ?? "–"), row.why]),
  );
}

function topicTable(rows: readonly Row[], competitors: readonly Competitor[]): string {
  return table(
    ["case", "stands for", "skein", ...competitors.map(({ name }) => name)],
    rows.map((row) => [
      row.name,
      row.source,
      row.ours.text,
      ...row.theirs.map((finding, rival) =>
        finding === undefined ? "–" : isSame(row, rival) ? "the same" : finding.text,
      ),
    ]),
  );
}

const examplesMax = 6;

function passageLabel(one: Passage): string {
  switch (one.kind) {
    case "same":
      return "";
    case "altered":
      return one.how;
    case "answered":
      return `answered by itself with ${one.status}`;
    case "other":
      return `ANOTHER REQUEST: ${one.what}`;
  }
}

function passageExamples(messages: readonly Message[], passages: readonly Passage[]): string {
  const groups = new Map<string, string[]>();
  for (const [index, one] of passages.entries()) {
    const label = passageLabel(one);
    if (label !== "") groups.set(label, [...(groups.get(label) ?? []), messages[index]!.from]);
  }
  return [...groups]
    .map(([label, from]) => {
      const more = from.length > examplesMax ? ` and ${from.length - examplesMax} more` : "";
      return `${label}: ${from.slice(0, examplesMax).join(", ")}${more}`;
    })
    .join("; ");
}

export function secondOrderText(
  messages: readonly Message[],
  competitors: readonly Competitor[],
  passages: readonly (readonly Passage[])[],
): string {
  const count = (rival: number, kind: Passage["kind"]): string =>
    String(passages[rival]!.filter((one) => one.kind === kind).length);
  const rows = competitors.map(({ name }, rival) => [
    name,
    count(rival, "same"),
    count(rival, "altered"),
    count(rival, "answered"),
    count(rival, "other"),
    passageExamples(messages, passages[rival]!),
  ]);
  return (
    `${messages.length} messages: all that our gateway forwarded of the cases, and of ${sampleSize} mutations of real ` +
    "requests. Each was sent, byte for byte, to every other proxy.\n\n" +
    table(["through", "the same", "altered", "not forwarded", "another request", "which"], rows)
  );
}
