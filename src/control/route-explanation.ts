import { destinationAlone, destinationsOf } from "../core/routing/destinations.ts";
import { explainRoute } from "../core/routing/explain.ts";
import { hostOfAuthority, type RequestFacts } from "../core/routing/route.ts";
import type { RouteExplanationReply } from "../protocol/discovery.ts";
import { SkeinError } from "../protocol/error.ts";
import type { RoutingTable } from "../protocol/routing-table.ts";

const targetLengthMax = 8_192;

/** What would become of a request: `?method=GET&target=/orders/7&host=shop.example&header=name: value`. */
export function explanationOf(
  { routes, services, workers }: Pick<RoutingTable, "routes" | "services" | "workers">,
  query: URLSearchParams,
): RouteExplanationReply {
  const explained = explainRoute(routes, factsOf(query));
  const chosen = explained.find(({ verdict }) => verdict === "chosen")?.route;
  const destinations = chosen === undefined ? [] : destinationsOf(chosen, services, workers);
  return {
    v: 1,
    route: chosen?.name ?? null,
    to: destinations.map(destinationAlone),
    routes: explained.map(({ route, verdict, reasons }) => ({ name: route.name, verdict, reasons })),
  };
}

function factsOf(query: URLSearchParams): RequestFacts {
  const target = query.get("target") ?? "/";
  if (!target.startsWith("/") || target.length > targetLengthMax) {
    throw new SkeinError(
      "invalid",
      `target: must begin with / and have at most ${targetLengthMax} characters.`,
    );
  }
  const mark = target.indexOf("?");
  const headers = new Map(query.getAll("header").map(headerOf));
  return {
    method: (query.get("method") ?? "GET").toUpperCase(),
    host: hostOfAuthority(query.get("host") ?? headers.get("host") ?? "localhost"),
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? "" : target.slice(mark + 1),
    header: (name) => headers.get(name),
  };
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(":");
  if (colon < 1) throw new SkeinError("invalid", "header: write it as name: value.");
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}
