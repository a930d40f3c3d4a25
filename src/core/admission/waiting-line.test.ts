import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { join, leave, newWaitingLine, type Place, takeFirst } from "./waiting-line.ts";

test("behaves as a list would", () => {
  const step = fc.oneof(fc.constantFrom("join", "take"), fc.nat({ max: 20 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const line = newWaitingLine<number>();
      const model: number[] = [];
      const places: Place<number>[] = [];
      for (const each of steps) {
        if (each === "join") {
          model.push(places.length);
          places.push(join(line, places.length));
        } else if (each === "take") {
          assert.equal(takeFirst(line), model.shift());
        } else if (typeof each === "number") {
          const place = places[each];
          if (place === undefined) continue;
          leave(line, place);
          if (model.includes(place.item)) model.splice(model.indexOf(place.item), 1);
        }
        assert.equal(line.length, model.length);
        assert.equal(line.first?.item, model[0]);
        assert.equal(line.last?.item, model.at(-1));
      }
    }),
  );
});
