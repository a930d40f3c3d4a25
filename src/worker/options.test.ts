import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { placesIn } from "../runtime/places.ts";
import { defaultId, type JoinOptions, joinSettings } from "./options.ts";

test("without options and environment: the defaults", () => {
  assert.deepEqual(joinSettings("orders", {}, {}), {
    service: "orders",
    id: undefined,
    control: [],
    state: resolve(".skein"),
    token: undefined,
    ca: { file: placesIn(".skein").tls.ca, pem: undefined },
    host: undefined,
    port: undefined,
    link: "requests",
    linkPort: 0,
    insecurePlainLink: false,
    about: {},
    drainMs: 30_000,
    drainOnSigterm: true,
    waitMs: 3000,
  });
});

test("the environment fills what options leave open; an empty variable is none", () => {
  const environment = {
    SKEIN_ID: "o-1",
    SKEIN_CONTROL: "10.0.0.1:7600,10.0.0.2:7600",
    SKEIN_STATE: "/var/lib/skein",
    SKEIN_TOKEN: "secret",
    SKEIN_HOST: "10.0.0.7",
    SKEIN_VERSION: "1.2.0",
    SKEIN_ZONE: "",
  };
  const settings = joinSettings("orders", { id: "mine" }, environment);
  assert.deepEqual(
    [settings.id, settings.control, settings.state, settings.token, settings.host, settings.about],
    [
      "mine",
      ["https://10.0.0.1:7600", "https://10.0.0.2:7600"],
      "/var/lib/skein",
      "secret",
      "10.0.0.7",
      { version: "1.2.0" },
    ],
  );
});

test("how requests come: said by the option, else by the environment, else over the link where no port is mapped", () => {
  const link = (options: JoinOptions, variable?: string): unknown =>
    joinSettings("orders", options, { SKEIN_LINK: variable }).link;
  assert.deepEqual(
    [
      link({}),
      link({}, "sockets"),
      link({}, "off"),
      link({ link: "requests" }, "off"),
      link({ link: false }, "sockets"),
      link({ port: 80 }),
      link({ port: 80, link: "sockets" }),
    ],
    ["requests", "sockets", false, "requests", false, false, "sockets"],
  );
  assert.throws(() => link({}, "on"), { code: "invalid", message: /link must be 'requests', 'sockets'/ });
});

test("the default id is stable, and fit for a path", () => {
  assert.equal(defaultId(8081), defaultId(8081));
  assert.match(defaultId(8081), /^[a-z0-9._-]{1,48}-8081$/);
});

test("the port of the link: said by the option, else by the environment, else the system's choice", () => {
  const port = (options: JoinOptions, variable?: string): number =>
    joinSettings("orders", options, { SKEIN_LINK_PORT: variable }).linkPort;
  assert.deepEqual([port({}), port({}, "8082"), port({ linkPort: 8083 }, "8082")], [0, 8082, 8083]);
  for (const wrong of ["0", "x", "1.5", "65536"]) assert.throws(() => port({}, wrong), /SKEIN_LINK_PORT/);
  assert.throws(() => port({ linkPort: 0 }), { code: "invalid", message: /linkPort must be a whole number/ });
});

test("links in clear are asked for by name, in one way", () => {
  const plain = (options: JoinOptions, variable?: string): boolean =>
    joinSettings("orders", options, { SKEIN_INSECURE_PLAIN_LINK: variable }).insecurePlainLink;
  assert.deepEqual([plain({}), plain({}, "true"), plain({}, "false")], [false, true, false]);
  assert.equal(plain({ insecurePlainLink: false }, "true"), false);
  assert.throws(() => plain({}, "yes"), { code: "invalid", message: /must be true or false, not yes/ });
});
