#!/usr/bin/env node
// Plain JavaScript of the oldest kind that loads as a module: it must run far enough on any Node to say which one is
// needed. Everything else is loaded after that.
import { existsSync } from "node:fs";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

var needed = [22, 18];
var version = process.versions.node.split(".").map(Number);
var built = new URL("../dist/cli/main.js", import.meta.url);
var sources = new URL("../src/cli/main.ts", import.meta.url);

if (version[0] < needed[0] || (version[0] === needed[0] && version[1] < needed[1])) {
  process.stderr.write(
    "skein: the gateway and its command need Node.js " +
      needed.join(".") +
      " or newer, but this is " +
      process.versions.node +
      " (" +
      process.execPath +
      ").\n" +
      "Install a newer one (https://nodejs.org), or run: npx node@24 " +
      [fileURLToPath(import.meta.url)].concat(process.argv.slice(2)).join(" ") +
      "\n" +
      "Workers (import { join } from 'skein') run on Node.js 20.19 and newer.\n",
  );
  process.exitCode = 1;
} else if (!existsSync(sources)) {
  await import(built.href);
} else {
  // A checkout: run the sources, found by the condition that package.json names. A build there may be stale.
  var entry = fileURLToPath(sources);
  var flag = "--conditions=skein-source";
  if (process.execArgv.indexOf(flag) !== -1) {
    await import(sources.href);
  } else {
    var child = spawn(process.execPath, [flag, entry].concat(process.argv.slice(2)), { stdio: "inherit" });
    ["SIGINT", "SIGTERM", "SIGHUP"].forEach(function (name) {
      process.on(name, function () {
        // A terminal sends its signals to the child as well.
        if (name !== "SIGINT" || !process.stdin.isTTY) child.kill(name);
      });
    });
    child.on("exit", function (code) {
      process.exitCode = code === null ? 1 : code;
    });
  }
}
