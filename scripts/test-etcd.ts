// `npm run test:etcd`: the faults of the store etcd, over real etcd processes. About two minutes; `npm test` has the short ones.
import { requirePinnedNode, runSuite } from "./suite.ts";

requirePinnedNode();

const { code, tests } = await runSuite({
  name: "etcd",
  patterns: ["test/etcd/**/*.test.ts"],
  // Each file has its own etcd, and measures times: one after the other.
  concurrency: 1,
  timeoutMs: 240_000,
});
const failed = code !== 0 || tests === 0;
process.stdout.write(failed ? "\nnpm run test:etcd: FAILED\n" : `\nnpm run test:etcd: ok, ${tests} tests\n`);
process.exit(failed ? 1 : 0);
