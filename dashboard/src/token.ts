import { signal } from "@preact/signals";

const place = "skein-token";

/** The operators' token: from the fragment of a login link, which no server sees; kept for this tab alone. */
export const token = signal<string | undefined>(
  takeFromFragment() ?? sessionStorage.getItem(place) ?? undefined,
);

export function setToken(value: string | undefined): void {
  if (value === undefined || value === "") sessionStorage.removeItem(place);
  else sessionStorage.setItem(place, value);
  token.value = value === "" ? undefined : value;
}

// A link that is opened where the page is already.
addEventListener("hashchange", () => {
  const given = takeFromFragment();
  if (given !== undefined) token.value = given;
});

function takeFromFragment(): string | undefined {
  const found = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (found === undefined) return undefined;
  sessionStorage.setItem(place, found);
  // Out of the address and of the history.
  history.replaceState(null, "", `${location.pathname}#/`);
  return found;
}
