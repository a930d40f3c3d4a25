import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  CertificateFiles,
  Reception,
  Service,
  TrafficConfiguration,
} from "../protocol/configuration.ts";
import { configurationHere } from "./configuration-here.ts";
import { serviceWith, trafficOf } from "./testing-registry.ts";

const secure = (...certificates: CertificateFiles[]): Reception => ({
  kind: "https",
  certificates,
  minVersion: "TLSv1.2",
});
const files = (name: string, digest: string) => ({ cert: `/${name}.pem`, key: `/${name}.key`, digest });

function traffic(
  receptions: Record<string, Reception> | undefined,
  services: Service[] = [],
): TrafficConfiguration {
  const { receptions: _none, ...proxy } = trafficOf([]).proxy;
  return { ...trafficOf(services), proxy: { ...proxy, ...(receptions === undefined ? {} : { receptions }) } };
}

const receptionsOf = (stored: TrafficConfiguration, own: TrafficConfiguration | undefined) =>
  configurationHere(stored, own).proxy.receptions;

test("a listener of this host that the configuration in the store does not name is received as this host says", () => {
  const plain: Reception = { kind: "http" };
  const redirect: Reception = { kind: "redirect", port: 8443 };
  const stored = traffic({ "10.0.0.1:8080": plain });
  assert.equal(configurationHere(stored, undefined), stored);
  assert.deepEqual(configurationHere(stored, traffic(undefined)), stored);
  assert.deepEqual(receptionsOf(stored, traffic({ "10.0.0.1:8080": redirect })), { "10.0.0.1:8080": plain });
  assert.deepEqual(receptionsOf(stored, traffic({ "10.0.0.1:8080": redirect, "10.0.0.2:8080": redirect })), {
    "10.0.0.1:8080": plain,
    "10.0.0.2:8080": redirect,
  });
  assert.equal(receptionsOf(traffic(undefined), traffic({})), undefined, "from before TLS: all are plain");
});

test("of a certificate's file that both name, this host's own digest counts, and the stored one is told beside it", () => {
  const stored = traffic({ ":1": secure(files("a", "A"), files("b", "B")), ":2": secure(files("a", "A")) });
  const own = traffic({ ":1": secure(files("a", "own"), files("c", "C")), ":3": secure(files("b", "B")) });
  const a = { ...files("a", "own"), stored: "A" };
  assert.deepEqual(receptionsOf(stored, own), {
    ":1": secure(a, files("b", "B")),
    ":2": secure(a),
    ":3": secure(files("b", "B")),
  });
  assert.deepEqual(configurationHere(stored, stored), stored, "a gateway alone");
});

test("and so of the files of services, whichever service names them here", () => {
  const service = (name: string, digest: string): Service => ({
    ...serviceWith(name, []),
    tls: { ca: { file: "/ca.pem", digest }, serverName: "web.internal", verify: true },
    sticky: { cookie: "c", attributes: "", keyFile: { file: "/key", digest: `key ${digest}` } },
  });
  const plain: Service = { ...serviceWith("plain", []), tls: { verify: false } };
  const stored = traffic({}, [service("web", "A"), plain]);
  const { services } = configurationHere(stored, traffic({}, [service("other", "own")]));
  assert.deepEqual(services["web"], {
    ...service("web", "A"),
    tls: { ca: { file: "/ca.pem", digest: "own", stored: "A" }, serverName: "web.internal", verify: true },
    sticky: { cookie: "c", attributes: "", keyFile: { file: "/key", digest: "key own", stored: "key A" } },
  });
  assert.deepEqual(services["plain"], plain);
  assert.deepEqual(configurationHere(stored, traffic({})).services, stored.services, "it names none of them");
});
