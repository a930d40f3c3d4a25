import { readFileSync } from "node:fs";

/** A block of commands of the document: where they are to be typed, and what. */
export interface Block {
  /** The title of the section that it stands in. */
  section: string;
  /** Each of these hosts, one after the other. */
  hosts: string[];
  script: string;
  line: number;
}

/**
 * The commands of docs/hosts.md: blocks with the info string `sh host=h1,h2`, in their order. Installing packages is what no
 * test can do as it is written: those blocks say `sh install`. Any other block of commands is an error, so none can be left
 * out by a slip.
 */
export function readGuide(file: string): Block[] {
  const blocks: Block[] = [];
  let section = "";
  let open: { hosts: string[] | undefined; lines: string[]; line: number } | undefined;
  for (const [index, text] of readFileSync(file, "utf8").split("\n").entries()) {
    const fence = /^```(.*)$/.exec(text);
    if (fence === null) {
      const title = /^## (?:\d+\. )?(.*)$/.exec(text);
      if (open !== undefined) open.lines.push(text);
      else if (title !== null) section = title[1] ?? "";
    } else if (open === undefined) {
      open = { hosts: hostsIn(fence[1] ?? "", index + 1), lines: [], line: index + 1 };
    } else {
      const { hosts, lines, line } = open;
      if (hosts !== undefined) blocks.push({ section, hosts, script: lines.join("\n"), line });
      open = undefined;
    }
  }
  return blocks;
}

/** Undefined: nothing to be typed. */
function hostsIn(info: string, line: number): string[] | undefined {
  if (info === "sh install" || /^(json|ini|text)$/.test(info)) return undefined;
  const hosts = /^sh host=([a-z0-9,]+)$/.exec(info)?.[1];
  if (hosts === undefined)
    throw new Error(`docs/hosts.md:${line}: a block "${info}" does not say on which host`);
  return hosts.split(",");
}
