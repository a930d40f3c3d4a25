import type { Candidate } from "./candidate.ts";
import { hashText, mix, unitOf } from "./hash.ts";
import type { KeyIndex } from "./key-index.ts";
import { WeightedBag } from "./weighted-bag.ts";

/** A branch's children lie in eight places, by one octal digit of their worker's path. */
const bitsPerLevel = 3;
const places = 1 << bitsPerLevel;
const levelsPerHash = Math.floor(32 / bitsPerLevel);
/** So often a key whose worker is set aside draws anew; then chance by key finds one of the others. */
const drawsMax = 16;

interface Leaf<Worker> {
  readonly kind: "leaf";
  readonly worker: Worker;
  readonly pathHash: number;
  readonly weight: number;
}

interface Branch<Worker> {
  readonly kind: "branch";
  readonly children: (Tree<Worker> | undefined)[];
  /** Of all below. */
  weight: number;
}

type Tree<Worker> = Leaf<Worker> | Branch<Worker>;

/**
 * `rendezvous` (highest random weight): every worker draws a number for the key, and the highest has it. Shares are even
 * without points on a ring, weights hold exactly, and what a worker had is spread over all others when it goes.
 *
 * The numbers of ten thousand workers are too many to draw for each request, so the workers lie in a tree by the hash
 * of their id, and on each level the branches draw, weighted by what is below them: some dozen numbers in all. For
 * that, a worker that comes or goes moves a few keys of others, too: with twenty workers one in fifty.
 *
 * The policy to take where requests belong together (caches, shards). Cost: the logarithm of the number of workers, eight
 * draws for each eight times as many; a change costs the same. Source: Thaler and Ravishankar, Using Name-Based Mappings to
 * Increase Hit Rates, 1998; weights after Schindelhauer and Schomaker, 2005; the tree is the "skeleton" of Yao,
 * Ravishankar and Tripathi, Hash-Based Virtual Hierarchies for Caching in Hybrid Content-Delivery Networks, 2001.
 */
export class Rendezvous<Worker extends Candidate> implements KeyIndex<Worker> {
  #root: Tree<Worker> | undefined;
  readonly #leaves = new Map<Worker, Leaf<Worker>>();
  readonly #present = new WeightedBag<Worker>();
  readonly #aside = new Set<Worker>();

  add(worker: Worker): void {
    const { weight } = worker;
    const leaf: Leaf<Worker> = { kind: "leaf", worker, pathHash: hashText(worker.id), weight };
    this.#leaves.set(worker, leaf);
    this.#present.put(worker, weight);
    this.#root = put(this.#root, leaf, 0);
  }

  remove(worker: Worker): void {
    const leaf = this.#leaves.get(worker);
    if (leaf === undefined) return;
    this.#leaves.delete(worker);
    if (!this.#present.take(worker)) this.#aside.delete(worker);
    this.#root = without(this.#root, leaf, 0);
  }

  setAside(worker: Worker): void {
    if (this.#present.take(worker)) this.#aside.add(worker);
  }

  bringBack(worker: Worker): void {
    if (this.#aside.delete(worker)) this.#present.put(worker, worker.weight);
  }

  /** The keys of one that is set aside draw anew among all: no other key moves. */
  find(hash: number): Worker | undefined {
    if (this.#present.size === 0) return undefined;
    for (let draw = 0; draw < drawsMax; draw += 1) {
      const worker = this.#highest(draw === 0 ? hash : mix(hash, -draw));
      if (worker !== undefined && !this.#aside.has(worker)) return worker;
    }
    let draws = 0;
    return this.#present.draw(() => unitOf(mix(hash, (draws += 1))));
  }

  #highest(hash: number): Worker | undefined {
    let tree = this.#root;
    for (let level = 0; tree?.kind === "branch"; level += 1) tree = highest(tree.children, mix(hash, level));
    return tree?.worker;
  }
}

/** The one with the highest draw: -weight / ln(u) is greatest where -ln(u) / weight is least. */
function highest<Worker>(
  children: readonly (Tree<Worker> | undefined)[],
  hash: number,
): Tree<Worker> | undefined {
  let found: Tree<Worker> | undefined;
  let least = Infinity;
  for (let place = 0; place < places; place += 1) {
    const child = children[place];
    if (child === undefined) continue;
    const draw = -Math.log(unitOf(mix(hash, place))) / child.weight;
    if (draw >= least) continue;
    found = child;
    least = draw;
  }
  return found;
}

/** A digit of the worker's path. When a hash is used up, another of the same id goes on. */
function placeOf({ pathHash, worker }: Leaf<Candidate>, level: number): number {
  const round = Math.floor(level / levelsPerHash);
  const hash = round === 0 ? pathHash : hashText(`${round} ${worker.id}`);
  return (hash >>> ((level % levelsPerHash) * bitsPerLevel)) & (places - 1);
}

function put<Worker extends Candidate>(
  tree: Tree<Worker> | undefined,
  leaf: Leaf<Worker>,
  level: number,
): Tree<Worker> {
  if (tree === undefined) return leaf;
  const branch: Branch<Worker> =
    tree.kind === "branch" ? tree : { kind: "branch", children: [], weight: tree.weight };
  if (tree.kind === "leaf") branch.children[placeOf(tree, level)] = tree;
  const place = placeOf(leaf, level);
  branch.children[place] = put(branch.children[place], leaf, level + 1);
  return weighed(branch);
}

/** The tree looks as if the leaf had never been there: what serves a key depends on who is there, not on who was. */
function without<Worker extends Candidate>(
  tree: Tree<Worker> | undefined,
  leaf: Leaf<Worker>,
  level: number,
): Tree<Worker> | undefined {
  if (tree === undefined || tree.kind === "leaf") return tree === leaf ? undefined : tree;
  const place = placeOf(leaf, level);
  tree.children[place] = without(tree.children[place], leaf, level + 1);
  const left = tree.children.filter((child) => child !== undefined);
  const [only] = left;
  return left.length === 1 && only?.kind === "leaf" ? only : weighed(tree);
}

/** Summed up anew each time: differences would leave something of what is gone. */
function weighed<Worker>(branch: Branch<Worker>): Branch<Worker> {
  branch.weight = branch.children.reduce((sum, child) => sum + (child?.weight ?? 0), 0);
  return branch;
}
