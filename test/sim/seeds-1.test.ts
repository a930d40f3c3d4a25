import { testSeeds } from "./test-seeds.ts";

// Two files, so that the runner takes a core for each.
testSeeds(1, 100);
