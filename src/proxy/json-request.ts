import type { ControlPlace } from "./table/control-places.ts";

/** Its answers are short. */
const answerLengthMax = 4_096;

/**
 * What became of it. `refused`: what was sent is not what a controller takes, now or later; all else may be sent again.
 */
export type Posted = "taken" | "refused" | "failed";

/** Posts JSON to a controller. `done` hears once what became of it, and the answer. For the control side only. */
export function postJson(
  place: ControlPlace,
  path: string,
  body: unknown,
  done: (posted: Posted, text: string) => void,
): void {
  const text = JSON.stringify(body);
  let over = false;
  let answered = "";
  const finish = (posted: Posted): void => {
    if (over) return;
    over = true;
    done(posted, answered);
  };
  const outgoing = place.request({
    path,
    method: "POST",
    headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
    timeout: 2_000,
  });
  outgoing.on("response", (answer) => {
    answer.setEncoding("utf8");
    answer.on("data", (part: string) => (answered = (answered + part).slice(0, answerLengthMax)));
    const status = answer.statusCode ?? 0;
    answer.on("end", () => finish(postedBy(status)));
    answer.on("close", () => finish("failed"));
  });
  outgoing.on("timeout", () => outgoing.destroy());
  outgoing.on("error", () => finish("failed"));
  outgoing.end(text);
}

function postedBy(status: number): Posted {
  if (status >= 200 && status < 300) return "taken";
  return status === 400 || status === 413 ? "refused" : "failed";
}
