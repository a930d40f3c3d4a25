import type { ControlPlace } from "./table/control-places.ts";

/** Posts JSON to a controller. `done` hears once whether it was taken (2xx). For the control side only. */
export function postJson(
  place: ControlPlace,
  path: string,
  body: unknown,
  done: (taken: boolean) => void,
): void {
  const text = JSON.stringify(body);
  let over = false;
  const finish = (taken: boolean): void => {
    if (over) return;
    over = true;
    done(taken);
  };
  const outgoing = place.request({
    path,
    method: "POST",
    headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
    timeout: 2_000,
  });
  outgoing.on("response", (answer) => {
    answer.resume();
    const status = answer.statusCode ?? 0;
    answer.on("end", () => finish(status >= 200 && status < 300));
    answer.on("close", () => finish(false));
  });
  outgoing.on("timeout", () => outgoing.destroy());
  outgoing.on("error", () => finish(false));
  outgoing.end(text);
}
