export type KeyPath = readonly (string | number)[];

/** What is wrong with one place of a configuration. */
export interface Issue {
  readonly path: KeyPath;
  /** What is wrong, and what to write instead. */
  readonly message: string;
  /** Other places that it rests on: were they otherwise, it might not be wrong. */
  readonly besides?: readonly KeyPath[];
}

/** Collects what is wrong, so that people see all of it at once. */
export class Issues {
  readonly list: Issue[] = [];
  /** What is allowed, and may be a mistake. */
  readonly warnings: Issue[] = [];

  add(path: KeyPath, message: string, besides: readonly KeyPath[] = []): undefined {
    this.list.push({ path, message, besides });
    return undefined;
  }

  warn(path: KeyPath, message: string): void {
    this.warnings.push({ path, message });
  }
}

/** `services.web.workers[0]`, `routes["/api/*"].to`. */
export function keyText(path: KeyPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (!/^[A-Za-z_$][\w$-]*$/.test(part)) text += `[${JSON.stringify(part)}]`;
    else text += text === "" ? part : `.${part}`;
  }
  return text;
}
