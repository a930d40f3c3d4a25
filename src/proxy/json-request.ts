import type { ControlPlace } from "./table/control-places.ts";

/** Its answers are short. */
const answerLengthMax = 4_096;

/** Posts JSON to a controller. `done` hears once whether it was taken (2xx), and the answer. For the control side only. */
export function postJson(
  place: ControlPlace,
  path: string,
  body: unknown,
  done: (taken: boolean, text: string) => void,
): void {
  const text = JSON.stringify(body);
  let over = false;
  let answered = "";
  const finish = (taken: boolean): void => {
    if (over) return;
    over = true;
    done(taken, answered);
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
    answer.on("end", () => finish(status >= 200 && status < 300));
    answer.on("close", () => finish(false));
  });
  outgoing.on("timeout", () => outgoing.destroy());
  outgoing.on("error", () => finish(false));
  outgoing.end(text);
}
