import assert from "node:assert/strict";
import { test } from "node:test";
import { sumOf, transportIn } from "./transport.ts";

const metrics = `# HELP skein_requests_total Requests answered, by class of status
# TYPE skein_requests_total counter
skein_requests_total{service="web",proxy="a",class="2xx"} 900
skein_requests_total{service="web",proxy="b",class="2xx"} 100
skein_requests_total_other 7
skein_links_open{proxy="a"} 3
skein_link_requests_total{proxy="a"} 998
`;

test("all samples of a metric are added up, and of no other whose name begins like it", () => {
  assert.equal(sumOf("skein_requests_total", metrics), 1000);
  assert.equal(sumOf("skein_links_failed_total", metrics), 0);
});

test("the transport is what the proxies counted", () => {
  assert.equal(transportIn(metrics), "99.8 % of requests over 3 links, the rest over HTTP/1.1");
  assert.equal(transportIn(metrics.replaceAll("998", "0")), "HTTP/1.1");
  assert.equal(transportIn(""), "HTTP/1.1");
});
