import { seededRandom } from "../runtime/random.ts";
import { Membership, type MembershipNews } from "./membership.ts";
import { testingClock } from "./testing-clock.ts";
import { TestingNetwork, welcomeFrame } from "./testing-network.ts";

export const door = "http://127.0.0.1:7600";
export const a = "http://127.0.0.1:7001";
export const b = "http://127.0.0.1:7002";
export const c = "http://127.0.0.1:7003";

/** Controllers a and b; the door leads to a. Each welcomes every hello. */
export function cluster(seeds: string[] = [door]) {
  const clock = testingClock();
  const network = new TestingNetwork(clock);
  for (const url of [door, a, b]) network.manners.set(url, "accept");
  const names = new Map([
    [door, { controller: "a", url: a }],
    [a, { controller: "a", url: a }],
    [b, { controller: "b", url: b }],
    [c, { controller: "c", url: c }],
  ]);
  const state = { controllers: [a, b], generation: 7, tellUrl: true, othersWithinMs: 0 };
  network.answer = (connection, frame) => {
    if (frame.t === "drain") connection.say({ t: "draining" });
    if (frame.t === "ask") connection.say({ t: "controllers", controllers: state.controllers });
    if (frame.t !== "hello") return;
    const { controller, url } = names.get(connection.url) ?? { controller: "?", url: connection.url };
    const generation = frame.generation ?? state.generation;
    connection.say(
      welcomeFrame({
        controller,
        generation,
        controllers: state.controllers,
        ...(state.tellUrl ? { url } : {}),
        ...(state.othersWithinMs > 0 ? { othersWithinMs: state.othersWithinMs } : {}),
      }),
    );
  };
  const news: MembershipNews[] = [];
  const join = (random = seededRandom(1), address = ":8081") =>
    new Membership({ service: "orders", id: "o-1", instance: "i", address, ttlMs: 3000 }, undefined, {
      clock,
      random,
      connect: network.connect,
      seeds: () => seeds,
      load: () => ({ inFlight: 2 }),
      tell: (item) => news.push(item),
    });
  const open = () => [door, a, b, c].filter((url) => network.open(url).length > 0);
  const told = <T extends MembershipNews["t"]>(t: T) =>
    news.filter((item): item is Extract<MembershipNews, { t: T }> => item.t === t);
  return { clock, network, names, state, news, told, join, open };
}
