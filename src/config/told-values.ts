import type { GatewayConfiguration, Reception } from "../protocol/configuration.ts";
import type { ConfigurationValue } from "../protocol/evaluation.ts";
import { targetText } from "../protocol/route-text.ts";
import type { KeyPath } from "./issues.ts";
import { printedValues } from "./printed-values.ts";

/**
 * What is in force, as text, and where each came from: `default`, `skein.config.json:3:5`, `SKEIN_STATE`, `--state`. No
 * secret is among it, nor where a key lies. `whereIs`: the place in the file.
 */
export function toldValues(
  configuration: GatewayConfiguration,
  origins: Readonly<Record<string, string>>,
  whereIs: (path: KeyPath) => string,
): ConfigurationValue[] {
  const { services, routes, proxy } = configuration.traffic;
  const fromOf = (key: string, path: KeyPath, otherwise: string): string => {
    const origin = origins[key] ?? otherwise;
    return origin === "file" ? whereIs(path) : origin;
  };
  return [
    ...Object.entries(printedValues(configuration)).map(([key, value]) => ({
      key,
      value: typeof value === "string" ? value : JSON.stringify(value),
      from: fromOf(key, key.split("."), "default"),
    })),
    ...Object.entries(proxy.receptions ?? {})
      .filter(([, { kind }]) => kind !== "http")
      .map(([name, reception]) => ({
        key: `listen ${name}`,
        value: receptionText(reception),
        from: whereIs(["tls"]),
      })),
    ...Object.values(services).map(({ name, workers, check, policy }) => ({
      key: `services.${name}`,
      value: `${workers.length} workers, check ${check.kind}, ${policy}`,
      from: fromOf(`services.${name}`, ["services", name], "routes"),
    })),
    ...routes.map((route) => ({
      key: `routes.${route.name}`,
      value: targetText(route),
      from: whereIs(["routes", route.name]),
    })),
  ];
}

/** Of certificates their own files only: where a key lies is nobody's business. */
function receptionText(reception: Reception): string {
  switch (reception.kind) {
    case "http":
      return "http";
    case "redirect":
      return `sent on to https, port ${reception.port}`;
    case "https":
      return `https, ${reception.certificates.map(({ cert }) => cert).join(", ")}`;
  }
}
