import { readFileSync } from "node:fs";

/**
 * Where the dashboard is. For people at a terminal with the operators' token, in the fragment, which no browser sends; a log
 * must not hold it.
 */
export function dashboardLink(control: string, tokenFile: string, atTerminal: boolean): string {
  const url = `${control.replace(/(?<=:\/\/)(0\.0\.0\.0|\[::\])(?=:)/, "localhost")}/`;
  const token = atTerminal ? readToken(tokenFile) : undefined;
  return token === undefined ? `${url}dashboard/` : `${url}#token=${encodeURIComponent(token)}`;
}

function readToken(file: string): string | undefined {
  try {
    const token = readFileSync(file, "utf8").trim();
    return /^[\x21-\x7e]+$/.test(token) ? token : undefined;
  } catch {
    return undefined;
  }
}
