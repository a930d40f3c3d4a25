const membersMax = 32;
/** What everybody has to pass on at least (W3C Trace Context 3.3.1.5), and what is passed on here at most. */
const lengthMax = 512;
/** Members longer than this go first where that is too much. */
const longMember = 128;

const key = /^[a-z\d][\w\-*/@]{0,255}$/;
/** Printable ASCII but for comma and equals sign, not ending in a blank. */
const value = /^[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;
const upperCase = /[A-Z]/;

/**
 * The vendors' own words of a trace, from all lines of `tracestate`, for the next hop. Empty: there are none, or they are not
 * valid, or more than may be; then nothing is passed on.
 */
export function readTracestate(lines: readonly string[]): string {
  const members = lines
    .join(",")
    .split(",")
    .map((member) => member.replaceAll(/^[ \t]+|[ \t]+$/g, ""))
    .filter((member) => member !== "");
  if (members.length > membersMax || !members.every(isMember)) return "";
  return withinLength(members).join(",");
}

function isMember(member: string): boolean {
  const at = member.indexOf("=");
  const name = member.slice(0, at);
  return at > 0 && key.test(name) && !upperCase.test(name) && value.test(member.slice(at + 1));
}

/** The long ones are left out first, then those at the right, which were touched longest ago. */
function withinLength(members: readonly string[]): readonly string[] {
  let kept = members;
  if (lengthOf(kept) > lengthMax) kept = kept.filter(({ length }) => length <= longMember);
  while (lengthOf(kept) > lengthMax) kept = kept.slice(0, -1);
  return kept;
}

function lengthOf(members: readonly string[]): number {
  return members.reduce((sum, { length }) => sum + length, Math.max(0, members.length - 1));
}
