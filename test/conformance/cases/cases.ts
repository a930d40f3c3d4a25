import { answers } from "./answers.ts";
import { brokenAnswers } from "./broken-answers.ts";
import { framing } from "./framing.ts";
import { forwarding } from "./forwarding.ts";
import { parsing } from "./parsing.ts";
import { routing } from "./routing.ts";
import { smuggling } from "./smuggling.ts";

/** All cases, in the order in which docs/conformance.md shows them. */
export const requestTopics = [...parsing, ...framing, ...smuggling, ...routing, ...forwarding];

export const answerTopics = [...answers, ...brokenAnswers];
