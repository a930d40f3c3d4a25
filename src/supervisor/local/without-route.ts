/**
 * What to do where the routes of a configuration lead past the service: nobody would come to it. Undefined: some lead there, or
 * there are none, and everything goes to the only service. `routed`: where they lead.
 */
export function withoutRoute(file: string, routed: readonly string[], service: string): string | undefined {
  if (routed.length === 0 || routed.includes(service)) return undefined;
  const choice = [...new Set(routed)].map((name) => `--service ${name}`).join(" or ");
  return `${file} routes nothing to '${service}'; give ${choice}`;
}
