import assert from "node:assert/strict";
import { test } from "node:test";
import type { Evidence, EvidenceReport } from "../../protocol/evidence.ts";
import { VirtualProcess, VirtualTime } from "../../testing/virtual-time.ts";
import type { Posted } from "../json-request.ts";
import { EvidenceBatch } from "./evidence-batch.ts";

const evidenceOf = (id: string): Evidence => ({
  service: "orders",
  id,
  address: "127.0.0.1:1",
  generation: 1,
  kind: "refused",
});

for (const [posted, second] of [
  ["taken", ["b", "c"]],
  ["failed", ["a", "b", "c"]],
  ["refused", ["b", "c"]],
] as [Posted, string[]][]) {
  test(`a batch that was ${posted}: the next one is ${second.join(", ")}`, async () => {
    const time = new VirtualTime();
    const sent: { report: EvidenceReport; done: (posted: Posted) => void }[] = [];
    const batch = new EvidenceBatch("proxy-1", new VirtualProcess(time).clock, (report, done) =>
      sent.push({ report, done }),
    );
    for (const id of ["a", "b", "c"]) batch.add(evidenceOf(id));
    assert.deepEqual(sent[0]?.report.items, [evidenceOf("a")]);
    sent[0]?.done(posted);
    await time.run(100);
    assert.deepEqual(
      sent[1]?.report.items.map(({ id }) => id),
      second,
    );
  });
}
