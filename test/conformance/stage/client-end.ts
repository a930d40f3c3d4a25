import { once } from "node:events";
import { connect } from "node:net";
import { TestPeer } from "../../../src/proxy/testing/testing-peers.ts";
import { type ConnectionState, plainAnswers, type SeenAnswers } from "./plain-answers.ts";
import { showClient } from "./show.ts";

/** A client that goes on sending after the gateway has ended its side: what it sends then must have no effect. */
export async function connectClient(to: { port: number } | { path: string }): Promise<TestPeer> {
  const socket = connect({
    ...("port" in to ? { host: "127.0.0.1" } : {}),
    ...to,
    allowHalfOpen: true,
    noDelay: true,
  });
  const peer = new TestPeer(socket);
  await once(socket, "connect");
  return peer;
}

export function stateOf(peer: TestPeer): ConnectionState {
  if (peer.error !== undefined) return "reset";
  return peer.ended || peer.closed ? "closed" : "open";
}

export function answersTo(peer: TestPeer, methods: readonly string[]): SeenAnswers {
  return plainAnswers(peer.received, methods, stateOf(peer));
}

export function shownTo(peer: TestPeer, methods: readonly string[]): string {
  return showClient(answersTo(peer, methods), stateOf(peer));
}
