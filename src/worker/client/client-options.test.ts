import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { SkeinError } from "../../protocol/error.ts";
import { placesIn } from "../../runtime/places.ts";
import { type ClientOptions, clientSettings } from "./client-options.ts";

type Environment = Record<string, string>;

function to(options: ClientOptions, environment: Environment = {}): unknown {
  return clientSettings("orders", options, environment).to;
}

const gateways = (...urls: string[]): object => ({ kind: "gateways", urls, prefix: "", host: undefined });
const workers = (...control: string[]): object => ({
  kind: "workers",
  control,
  state: resolve(".skein"),
  token: undefined,
  ca: { file: placesIn(".skein").tls.ca, pem: undefined },
});

const cases: [string, ClientOptions, Environment, object][] = [
  ["nothing said: the workers, found as join finds controllers", {}, {}, workers()],
  ["gateways in the code", { gateways: "10.0.0.1:8080" }, {}, gateways("http://10.0.0.1:8080")],
  [
    "several, one of them twice",
    { gateways: ["a:1", "https://b", "http://a:1"] },
    {},
    gateways("http://a:1", "https://b"),
  ],
  ["gateways of the environment", {}, { SKEIN_GATEWAYS: "a:1, b:2" }, gateways("http://a:1", "http://b:2")],
  [
    "the code before the environment",
    { control: ":7600" },
    { SKEIN_GATEWAYS: "a:1" },
    workers("http://127.0.0.1:7600"),
  ],
  ["controllers of the environment", {}, { SKEIN_CONTROL: "a:1,b:2" }, workers("https://a:1", "https://b:2")],
];

for (const [what, options, environment, expected] of cases) {
  test(what, () => assert.deepEqual(to(options, environment), expected));
}

test("what makes no sense is refused with the word that is wrong", () => {
  const wrong: [ClientOptions, RegExp][] = [
    [{ gateways: [] }, /gateways/],
    [{ gateways: "ftp://a" }, /ftp/],
    [{ gateways: "a:1", prefix: "orders/" }, /prefix/],
    [{ gateways: "a:1", host: "https://a" }, /host: must be a name/],
    [{ gateways: "a:1", host: "" }, /host: must be a name/],
    [{ timeoutMs: 0 }, /timeoutMs/],
    [{ gatways: "a:1" } as ClientOptions, /"gatways" is unknown; did you mean "gateways"/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(
      () => to(options),
      (error) => error instanceof SkeinError && error.code === "invalid" && message.test(error.detail),
    );
  }
});
