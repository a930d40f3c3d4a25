import { chmodSync } from "node:fs";

/** Does something as a user to whom this directory is closed. */
export async function asForeigner(directory: string, act: () => Promise<void>): Promise<void> {
  // To root nothing is closed.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  else chmodSync(directory, 0);
  try {
    await act();
  } finally {
    if (isRoot) process.seteuid?.(0);
    else chmodSync(directory, 0o700);
  }
}

/** What such a user is told of it who typed `skein VERB`. */
export function foreignWords(verb: string): RegExp {
  return process.geteuid?.() === 0
    ? new RegExp(
        `belongs to another user \\(root\\), who alone may ask it: \`sudo -u root skein ${verb} --state /`,
      )
    : /may not be asked by this user: .*supervisor\.sock and its directories must be open/;
}
