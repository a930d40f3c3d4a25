import { get } from "node:http";
import { connect } from "node:net";
import { healthNumbers } from "./health-rule.ts";

/** Does the program on this port of loopback serve? With a path: it answers below 400; else: it accepts. */
export async function checkProgram(port: number, path: string | undefined): Promise<boolean> {
  return path === undefined ? accepts(port) : answers(port, path);
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: healthNumbers.timeoutMs });
    const end = (passed: boolean) => (): void => {
      socket.destroy();
      resolve(passed);
    };
    socket.on("connect", end(true)).on("timeout", end(false)).on("error", end(false));
  });
}

async function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ port, host: "127.0.0.1", path, agent: false }, (answer) => {
      answer.resume();
      answer.on("error", () => undefined);
      resolve((answer.statusCode ?? 500) < 400);
      request.destroy();
    });
    // A deadline for the whole of it: `timeout` of node:http starts anew with each byte.
    const deadline = setTimeout(() => request.destroy(), healthNumbers.timeoutMs);
    request.on("error", () => undefined);
    request.on("close", () => {
      clearTimeout(deadline);
      resolve(false);
    });
  });
}
