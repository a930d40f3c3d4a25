import { signal } from "@preact/signals";

const current = (): string => location.hash.replace(/^#\/?/, "") || "overview";

/** Which page is shown: the fragment's path, so that the controllers need to know of none. */
export const page = signal(current());

addEventListener("hashchange", () => (page.value = current()));
