import type { TestPeer } from "../../../src/proxy/testing/testing-peers.ts";
import { get } from "../cases/case.ts";
import { connectClient, shownTo } from "./client-end.ts";
import { comesTo } from "./expect.ts";

/** Whatever was read of a case, the next request begins where it begins. `seen`: what the client saw so far. */
export async function nextOnSameConnection(
  client: TestPeer,
  seen: string,
  methods: readonly string[],
): Promise<void> {
  client.send(get("", "/next"));
  const expected = seen.replace(/open$/, '200 "GET /next", open');
  await comesTo(() => shownTo(client, methods), expected, "the next request on the same connection");
}

/** No answer and no request of a case has remained for somebody else. */
export async function nextOfSomebodyElse(port: number): Promise<void> {
  const other = await connectClient({ port });
  other.send(get("", "/other"));
  await comesTo(() => shownTo(other, []), '200 "GET /other", open', "the next request of somebody else");
  other.close();
}
