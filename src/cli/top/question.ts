import { cutInside } from "../table.ts";
import { printable } from "../terminal.ts";
import type { Size } from "./size.ts";
import type { Drain } from "./state.ts";

/** Of a name that is shortened, so much is shown. */
const nameWidthMin = 12;

/** What is asked before a change: the whole of it, in one line. Undefined: there is no room, so nothing may be asked. */
export function questionOf({ on, service, id }: Drain, { columns, rows }: Size): string | undefined {
  const name = printable(`${service}/${id}`);
  const words = (subject: string): string =>
    `${on ? "Drain" : "Undrain"} ${subject}? y: yes, any other key: no`;
  const room = columns - words("").length;
  if (rows < 1 || room < Math.min(nameWidthMin, name.length)) return undefined;
  return words(cutInside(name, room));
}
