/// <reference types="node" preserve="true" />
/**
 * `node --import skein/auto server.js`: an unchanged program becomes a worker. The first `http.Server` that listens
 * joins as `SKEIN_SERVICE` (default: the name in package.json); with `SKEIN_PORT`, the one that listens there.
 *
 * Who joins and who does not:
 * - The main thread only. Worker threads inherit `--import`, and do nothing.
 * - Once per process; and a child process of one that has joined does not join: it inherits `--import` by fork and
 *   by NODE_OPTIONS, but is a helper of the worker and no worker. A child that shall join is given
 *   `SKEIN_AUTO_JOINED=` (empty) in its environment.
 * - node:cluster: the primary listens on nothing and joins nothing; each cluster worker joins under an id of its own
 *   (`…-w1`), all with the address that they share, between them node's primary decides.
 * - A program that calls `join` itself for that server keeps what it said.
 *
 * Under `skein dev` (SKEIN_DEV=1) every fixed TCP port is replaced by an ephemeral one: several instances of one
 * program run side by side. `SKEIN_AUTO=off` switches all of this off.
 */
import { isMainThread } from "node:worker_threads";
import { autoJoin } from "./auto-join.ts";

if (isMainThread && process.env["SKEIN_AUTO"] !== "off") autoJoin();
