import assert from "node:assert/strict";
import { test } from "node:test";
import type { Force } from "../protocol/supervision.ts";
import { ChildWords } from "./force.ts";

const [controllers, proxies] = [
  ["controller-1", "controller-2"],
  ["proxy-1", "proxy-2"],
];

interface Said {
  /** By each controller: the digest of what it was sent, its revision in the store, whether another gateway leads. */
  configured?: [digest: string, revision: number | null, ledElsewhere?: boolean][];
  serves?: number[];
}

function force(
  { configured = [], serves = [] }: Said,
  children = { controllers, proxies },
): Force | undefined {
  const words = new ChildWords();
  const common = { term: 1, leader: false };
  configured.forEach(([digest, revision, ledElsewhere = false], at) =>
    words.heard(`controller-${at + 1}`, { ...common, configured: { digest, revision, ledElsewhere } }),
  );
  serves.forEach((revision, at) => words.heard(`proxy-${at + 1}`, { ...common, serves: revision }));
  return words.force("new", children);
}

const cases: [what: string, said: Said, force: Force][] = [
  ["nobody has told yet", {}, { kind: "awaited", proxies: [] }],
  [
    "the controllers know of the one before only",
    { configured: [["old", 1]], serves: [1, 1] },
    { kind: "awaited", proxies: [] },
  ],
  [
    "it is not in the store yet",
    {
      configured: [
        ["new", null],
        ["new", null],
      ],
      serves: [1, 1],
    },
    { kind: "awaited", proxies: [] },
  ],
  [
    "one proxy is behind, another has told nothing",
    { configured: [["new", 2]], serves: [1] },
    { kind: "awaited", proxies },
  ],
  [
    "one controller knows that it is in the store",
    {
      configured: [
        ["new", 2],
        ["new", null],
      ],
      serves: [2, 2],
    },
    { kind: "in-force" },
  ],
  [
    "another gateway leads, with another one",
    { configured: [["new", null, true]], serves: [5, 5] },
    { kind: "elsewhere" },
  ],
  [
    "another gateway leads, with the same",
    { configured: [["new", 5, true]], serves: [5, 5] },
    { kind: "in-force" },
  ],
];

for (const [what, said, expected] of cases) {
  test(`whether a configuration is in force: ${what}`, () => assert.deepEqual(force(said), expected));
}

test("where no controller runs nobody can tell", () => {
  assert.equal(force({ serves: [1] }, { controllers: [], proxies }), undefined);
});
