/** Sum of all samples of one metric, from Prometheus text. */
export function sumOf(metric: string, text: string): number {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/** What carried the requests of a gateway to its workers, by the proxies' own count of them. */
export function transportIn(metrics: string): string {
  const requests = sumOf("skein_requests_total", metrics);
  const byLink = sumOf("skein_link_requests_total", metrics);
  if (byLink === 0) return "HTTP/1.1";
  const share = Math.min(1, byLink / requests);
  const links = sumOf("skein_links_open", metrics);
  return `${(share * 100).toFixed(1)} % of requests over ${links} links, the rest over HTTP/1.1`;
}
