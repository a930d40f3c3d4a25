import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutOf, paceOf, strengthOf, workersDrawnSingly } from "./flight-layout.ts";

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `w${at}`);

test("everything has its place inside the picture, at any width and number", () => {
  for (const width of [360, 800, 3_800]) {
    for (const workers of [0, 1, 3, workersDrawnSingly, 100, 1_000]) {
      const services = [
        { name: "a", workers: names(workers) },
        { name: "b", workers: [] },
      ];
      const layout = layoutOf({ proxies: ["p1", "p2", "p3"], services, width });
      const places = [
        layout.clients,
        ...layout.proxies.values(),
        ...layout.services.values(),
        ...[...layout.workers.values()].flat(),
      ];
      for (const { x, y } of places) {
        assert.ok(
          x >= 0 && x <= width && y > 0 && y < layout.height,
          `${x}, ${y} at ${width} with ${workers}`,
        );
      }
      assert.equal(new Set(places.map(({ x, y }) => `${x},${y}`)).size, places.length, "two in one place");
    }
  }
});

test("where nothing goes nothing moves, and more goes quicker and thicker", () => {
  assert.equal(paceOf(0), undefined);
  assert.ok((paceOf(1) ?? 0) > (paceOf(100) ?? 0));
  assert.ok(strengthOf(1_000_000) <= 4);
});
