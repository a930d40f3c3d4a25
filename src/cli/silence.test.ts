import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { ControlClient } from "./control-client.ts";
import { openTestingControl } from "./testing-control.ts";

test("a stream on which nothing comes any more is given up, and the words say where and why", async (t) => {
  const control = await openTestingControl(() => (response: ServerResponse) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": alive\n\n");
  });
  t.after(() => control.close());
  const client = new ControlClient({ control: control.address });
  const read = async (): Promise<number> => {
    let bytes = 0;
    for await (const part of client.stream("/v1/live", {}, AbortSignal.timeout(5_000), 100))
      bytes += part.length;
    return bytes;
  };
  await assert.rejects(read(), new RegExp(`^Failure: http://${control.address}: nothing came for 0.1 s`));
});

test("one that does not even begin as well", async (t) => {
  const control = await openTestingControl(() => () => {});
  t.after(() => control.close());
  const client = new ControlClient({ control: control.address });
  const stream = client.stream("/v1/live", {}, AbortSignal.timeout(5_000), 100);
  await assert.rejects(stream.next(), /nothing came for 0.1 s/);
});
