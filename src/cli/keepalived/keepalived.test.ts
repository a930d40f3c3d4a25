import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "../failure.ts";
import {
  checkScript,
  doorToAsk,
  gatewayUrlOf,
  keepalivedConfiguration,
  virtualIpOf,
  type VirtualIpWords,
} from "./keepalived.ts";

const words: VirtualIpWords = {
  interface: "eth0",
  virtualIp: "10.0.0.100/24",
  priority: "100",
  routerId: "51",
  peers: "10.0.0.2,10.0.0.3",
};
const places = { gatewayUrl: "http://127.0.0.1:8080/", directory: "/etc/keepalived" };

test("the configuration holds what was said", () => {
  const text = keepalivedConfiguration({ ...virtualIpOf(words), ...places });
  for (const line of [
    "  interface eth0",
    "  virtual_router_id 51",
    "  priority 100",
    "  unicast_peer {\n    10.0.0.2\n    10.0.0.3\n  }",
    "  virtual_ipaddress {\n    10.0.0.100/24\n  }",
    '  script "/etc/keepalived/skein-check"',
  ]) {
    assert.ok(text.includes(`${line}\n`), `${line} in\n${text}`);
  }
  const { peers: _none, ...alone } = words;
  assert.doesNotMatch(keepalivedConfiguration({ ...virtualIpOf(alone), ...places }), /unicast/);
  assert.match(checkScript({ ...virtualIpOf(words), ...places }), /'http:\/\/127\.0\.0\.1:8080\/'/);
});

const wrong: [Partial<VirtualIpWords>, RegExp][] = [
  [{ interface: "eth0; }" }, /--interface/],
  [{ virtualIp: "10.0.0" }, /--virtual-ip/],
  [{ virtualIp: "10.0.0.1/33" }, /--virtual-ip/],
  [{ virtualIp: "10.0.0.1/24/1" }, /--virtual-ip/],
  [{ priority: "255" }, /--priority/],
  [{ routerId: "0" }, /--router-id/],
  [{ peers: "fe80::1" }, /--peers/],
  [{ peers: "host-2" }, /--peers/],
];

for (const [more, message] of wrong) {
  test(`refused: ${JSON.stringify(more)}`, () => {
    assert.throws(
      () => virtualIpOf({ ...words, ...more }),
      (error) => error instanceof Failure && error.exitCode === 2 && message.test(error.message),
    );
  });
}

test("the gateway is asked where this host reaches it", () => {
  assert.equal(gatewayUrlOf(":8080"), "http://127.0.0.1:8080/");
  assert.equal(gatewayUrlOf("0.0.0.0:8080"), "http://127.0.0.1:8080/");
  assert.equal(gatewayUrlOf("https://[::]:8443"), "https://[::1]:8443/");
  assert.equal(gatewayUrlOf("gateway-1.example:8080"), "http://gateway-1.example:8080/");
});

for (const gateway of ["http://a'$(id)'b:80", "a;id:80", "a`id`:80", "http://"]) {
  test(`nothing that means something to a shell comes into the check: ${gateway}`, () => {
    assert.throws(() => gatewayUrlOf(gateway), Failure);
  });
}

test("the door that is asked is one with TLS, if there is any", () => {
  assert.equal(doorToAsk(["http://127.0.0.1:80", "https://127.0.0.1:443"]), "https://127.0.0.1:443");
  assert.equal(doorToAsk(["http://127.0.0.1:80", "http://127.0.0.1:8080"]), "http://127.0.0.1:80");
  assert.equal(doorToAsk([]), undefined);
});
