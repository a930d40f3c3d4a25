import { statSync } from "node:fs";
import type { Places } from "../runtime/places.ts";

/** Only the user who started a gateway may look into its directory for sockets. */
export function foreignText(places: Places, verb = "..."): string {
  const owner = ownerOf(places.run) ?? ownerOf(places.state);
  const place = `the gateway with the state directory ${places.state}`;
  if (owner === undefined || owner === process.geteuid?.()) {
    return `${place} may not be asked by this user: ${places.supervisorSocket} and its directories must be open to it`;
  }
  const [user, word] = owner === 0 ? ["root", "root"] : [`uid ${owner}`, `'#${owner}'`];
  return (
    `${place} belongs to another user (${user}), who alone may ask it: \`sudo -u ${word} skein ${verb} ` +
    `--state ${places.state}\`. Or start one of your own: skein up --state <directory>`
  );
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch {
    return undefined;
  }
}
