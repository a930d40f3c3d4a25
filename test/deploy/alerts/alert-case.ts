/** What Prometheus has seen, and which alerts must come of it. */
export interface AlertCase {
  says: string;
  /** Values in promtool's notation, one each 15 s from 0: `0+5x40` grows by 5, 40 times; `_`: none. */
  series: Record<string, string>;
  /** Firing at `at`, each by the labels that it bears besides its severity; not yet at `notYet`. Empty: silent at `at`. */
  fires: Record<string, string>[];
  at: string;
  notYet?: string;
}

/** Of the targets that `GET /v1/prometheus/targets` tells. */
export const gateway = (name: string): string =>
  `gateway="${name}",instance="${name}",role="gateway",job="skein"`;
export const controller = (name: string): string =>
  `gateway="a",instance="${name}",role="controller",job="skein"`;
export const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    Array.from(text.matchAll(/(\w+)="([^"]*)"/g), ([, key = "", value = ""]) => [key, value]),
  );

export const workers = (state: string, of = "a"): string =>
  `skein_workers{service="web",state="${state}",${gateway(of)}}`;
export const requests = (statusClass: string): string =>
  `skein_requests_total{proxy="p",service="web",class="${statusClass}",${gateway("a")}}`;
export const took = (le: string): string =>
  `skein_request_duration_seconds_bucket{proxy="p",service="web",le="${le}",${gateway("a")}}`;
export const ofProxy = (metric: string): string => `${metric}{proxy="p",${gateway("a")}}`;
export const ofService = (metric: string): string => `${metric}{service="web",${gateway("a")}}`;
export const waiting = `skein_requests_waiting{proxy="p",service="web",${gateway("a")}}`;
export const suspicions = (by: string): string =>
  `skein_worker_changes_total{service="web",change="worker-suspect",cause="stalled",${controller(by)}}`;
export const loopDelay = `skein_worker_event_loop_delay_seconds{service="web",worker="w",${gateway("a")}}`;
export const store = (condition: string): string =>
  `skein_store_condition{condition="${condition}",${controller("c-1")}}`;
/** The time begins at 0 in promtool. */
export const certificate = (metric: string): string =>
  `skein_tls_certificate_${metric}{proxy="p",file="web.pem",${gateway("a")}}`;

export const web = { service: "web" };
export const day = 86_400;
