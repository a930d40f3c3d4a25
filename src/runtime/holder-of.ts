import { isIPv4 } from "node:net";

/** Of an IPv6 address: whoever has one has all of its network. */
const networkGroups = 4;

/** Who has this address, in its short form: an IPv4 address, or the network (/64) of an IPv6 one. */
export function holderOf(address: string): string {
  if (isIPv4(address)) return address;
  const [left = "", right = ""] = address.split("%", 1)[0]!.split("::");
  const [before, after] = [groupsOf(left), groupsOf(right)];
  // What `::` stands for; nothing where it is not there.
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].slice(0, networkGroups).join(":");
}

function groupsOf(text: string): string[] {
  return text === "" ? [] : text.split(":");
}
