import type { AnswerCase, RequestCase, Topic } from "../cases/case.ts";
import { answerTopics, requestTopics } from "../cases/cases.ts";
import { answerFinding, type Finding, requestFinding } from "./findings.ts";
import type { Outcome } from "./observe.ts";

/** One case at all gateways. */
export interface Row {
  topic: string;
  name: string;
  source: string;
  why: string;
  ours: Finding;
  /** In the order of the rivals; undefined where it cannot be asked of them. */
  theirs: readonly (Finding | undefined)[];
}

/** Outcomes in the order of the cases: of requests, then of answers. */
export function rowsOf(ours: readonly Outcome[], theirs: readonly (readonly Outcome[])[]): Row[] {
  let index = 0;
  const ofTopic = <Case extends RequestCase | AnswerCase>(
    topic: Topic<Case>,
    finding: (one: Case, outcome: Outcome) => Finding,
  ): Row[] =>
    topic.cases.map((one) => {
      const at = index;
      index += 1;
      const apart = "trusted" in one && one.trusted;
      return {
        topic: topic.title,
        name: one.name,
        source: one.source,
        why: one.why ?? topic.why,
        ours: finding(one, ours[at]!),
        theirs: theirs.map((outcomes) => (apart ? undefined : finding(one, outcomes[at]!))),
      };
    });
  return [
    ...requestTopics.flatMap((topic) =>
      ofTopic(topic, (one, outcome) => requestFinding(outcome, one.forwarded)),
    ),
    ...answerTopics.flatMap((topic) =>
      ofTopic(topic, (one, outcome) => answerFinding(outcome, one.answered)),
    ),
  ];
}

/** Ours does what none of the rivals does. */
export function isAlone({ ours, theirs }: Row): boolean {
  const asked = theirs.filter((finding) => finding !== undefined);
  return asked.length > 0 && asked.every(({ key }) => key !== ours.key);
}

export function isSame({ ours, theirs }: Row, rival: number): boolean {
  return theirs[rival]?.key === ours.key;
}
