import type { RequestRecord, WorkerConsidered } from "./record.ts";

/** What held the workers back that were full; as far as the record shows it. */
function limiting({ workers }: RequestRecord): "maximum" | "adaptive" | "both" | "unknown" {
  const full = workers?.shown.filter(({ eligible }) => eligible) ?? [];
  const byMaximum = full.some(({ maxInFlight }) => maxInFlight !== undefined);
  const byAdaptive = full.some(({ adaptive }) => adaptive !== undefined);
  if (byMaximum && byAdaptive) return "both";
  if (byMaximum) return "maximum";
  return byAdaptive ? "adaptive" : "unknown";
}

/** What to do where workers were full, besides `raising` this. Each limit has its own remedy. */
export function roomAdvice(record: RequestRecord, raising: string | undefined): string {
  const service = record.service ?? "?";
  const held = limiting(record);
  const raised = [raising, held === "maximum" || held === "both" ? "the workers' maxInFlight" : undefined];
  const text = raised.filter((each) => each !== undefined).join(" or ");
  const raise = text === "" ? "" : `, or raise ${text}`;
  return `start more workers of '${service}', find what keeps those that there are busy (\`skein ps -s ${service}\`)${raise}.${adaptiveText(service, held)}`;
}

function adaptiveText(service: string, held: ReturnType<typeof limiting>): string {
  const key = `services.${service}.adaptiveLimit`;
  if (held === "unknown")
    return ` Where they have no maxInFlight the adaptive limit held them: ${key} (docs/overload.md).`;
  if (held === "maximum") return "";
  return ` The adaptive limit holds ${held === "both" ? "some of them" : "them"}: with more at once they only answered later. ${key} changes it (docs/overload.md).`;
}

/** `8 of 8 in flight`, `3 of 3 waiting by the adaptive limit`. */
export function loadTexts({ inFlight, maxInFlight, adaptive }: WorkerConsidered): string[] {
  const texts: string[] = [];
  if (maxInFlight !== undefined) texts.push(`${inFlight} of ${maxInFlight} in flight`);
  if (adaptive !== undefined)
    texts.push(`${adaptive.waiting} of ${adaptive.limit} waiting, by the adaptive limit`);
  return texts;
}
