import { isLoopbackHost, parseAddress } from "../core/registry/address.ts";
import type { SkeinConfig } from "./config.ts";
import type { Issues } from "./issues.ts";

/** The controllers that a host with proxies only follows. Undefined: this one has its own. */
export function resolveJoin({ role = "gateway", join }: SkeinConfig, issues: Issues): string[] | undefined {
  const written = join === undefined ? [] : typeof join === "string" ? [join] : join;
  if (role === "gateway") {
    if (written.length > 0)
      issues.add(["join"], 'is for a host with proxies only; say role: "proxy" as well', [["role"]]);
    return undefined;
  }
  if (written.length === 0) {
    issues.add(
      ["role"],
      'proxies alone need controllers to follow; name some in join, like "10.0.0.5:7600"',
      [["join"]],
    );
  }
  return written.flatMap((text) => urlOf(text.trim(), issues) ?? []);
}

/** Without a scheme: TLS to other hosts. */
function urlOf(text: string, issues: Issues): string | undefined {
  const plain = isLoopbackHost(parseAddress(text)?.host ?? "");
  const whole = text.includes("://") ? text : `${plain ? "http" : "https"}://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  const known = url?.protocol === "http:" || url?.protocol === "https:";
  if (url !== undefined && known && url.pathname === "/" && url.search === "" && url.username === "") {
    return url.origin;
  }
  return issues.add(
    ["join"],
    `${JSON.stringify(text)} is no address of a control API; write "10.0.0.5:7600"`,
  );
}
