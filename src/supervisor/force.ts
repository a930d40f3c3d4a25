import type { ChildWord, ConfigurationWord, ControlCertificate, Force } from "../protocol/supervision.ts";

/** What the children said last of the configuration, and of the certificate of the control API. */
export class ChildWords {
  readonly #words = new Map<string, ChildWord>();

  heard(name: string, word: ChildWord): void {
    this.#words.set(name, word);
  }

  gone(name: string): void {
    this.#words.delete(name);
  }

  /** What these controllers show: of several the one that ends first. */
  certificate(controllers: readonly string[]): ControlCertificate | undefined {
    const shown = controllers.flatMap((name) => this.#words.get(name)?.certificate ?? []);
    return shown.sort((one, other) => one.notAfter - other.notAfter)[0];
  }

  /** Of the configuration with this digest. Undefined: there are no controllers here that could tell. */
  force(digest: string, children: { controllers: string[]; proxies: string[] }): Force | undefined {
    if (children.controllers.length === 0) return undefined;
    const words = children.controllers.flatMap((name) => this.#words.get(name)?.configured ?? []);
    const serving = children.proxies.map((name) => ({ name, revision: this.#words.get(name)?.serves }));
    return forceOf(
      words.filter((word) => word.digest === digest),
      serving,
    );
  }
}

/** `words`: of controllers that were sent this very configuration. */
export function forceOf(
  words: readonly ConfigurationWord[],
  proxies: readonly { name: string; revision: number | undefined }[],
): Force {
  const revisions = new Set(words.map(({ revision }) => revision).filter((revision) => revision !== null));
  if (revisions.size === 0)
    return words.some(({ ledElsewhere }) => ledElsewhere)
      ? { kind: "elsewhere" }
      : { kind: "awaited", proxies: [] };
  const behind = proxies.filter(({ revision }) => revision === undefined || !revisions.has(revision));
  if (behind.length === 0) return { kind: "in-force" };
  return { kind: "awaited", proxies: behind.map(({ name }) => name) };
}
