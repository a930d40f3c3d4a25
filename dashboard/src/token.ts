import { signal } from "@preact/signals";
import { decoded } from "./format.ts";

const place = "skein-token";
/** What a header can bear: with anything else no request would go out. */
const sendable = /^[\x21-\x7e]+$/;

/** The operators' token: from the fragment of a login link, which no server sees; kept for this tab alone. */
export const token = signal<string | undefined>(undefined);
/** What was given is none: it cannot even be sent. */
export const unfit = signal(false);

export function setToken(given: string | undefined): void {
  const fits = given !== undefined && sendable.test(given);
  if (fits) sessionStorage.setItem(place, given);
  else sessionStorage.removeItem(place);
  unfit.value = given !== undefined && given !== "" && !fits;
  token.value = fits ? given : undefined;
}

setToken(takeFromFragment() ?? sessionStorage.getItem(place) ?? undefined);

// A link that is opened where the page is already.
addEventListener("hashchange", () => {
  const given = takeFromFragment();
  if (given !== undefined) setToken(given);
});

function takeFromFragment(): string | undefined {
  const found = /^#token=(.*)$/.exec(location.hash)?.[1];
  if (found === undefined) return undefined;
  // Out of the address and of the history.
  history.replaceState(null, "", `${location.pathname}#/`);
  return decoded(found);
}
