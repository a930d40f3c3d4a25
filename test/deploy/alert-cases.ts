/** What Prometheus has seen, and which alerts must come of it. */
export interface AlertCase {
  says: string;
  /** Values in promtool's notation, one each 15 s from 0: `0+5x40` grows by 5, 40 times. */
  series: Record<string, string>;
  /** Firing at `at`, each by the labels that it bears besides its severity; not yet at `notYet`. Empty: silent at `at`. */
  fires: Record<string, string>[];
  at: string;
  notYet?: string;
}

/** Of the targets that `GET /v1/prometheus/targets` tells. */
const gateway = (name: string): string => `gateway="${name}",instance="${name}",role="gateway",job="skein"`;
const controller = (name: string): string => `gateway="a",instance="${name}",role="controller",job="skein"`;
const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    Array.from(text.matchAll(/(\w+)="([^"]*)"/g), ([, key = "", value = ""]) => [key, value]),
  );

const workers = (state: string, of = "a"): string =>
  `skein_workers{service="web",state="${state}",${gateway(of)}}`;
const requests = (statusClass: string): string =>
  `skein_requests_total{proxy="p",service="web",class="${statusClass}",${gateway("a")}}`;
const took = (le: string): string =>
  `skein_request_duration_seconds_bucket{proxy="p",service="web",le="${le}",${gateway("a")}}`;
const ofProxy = (metric: string): string => `${metric}{proxy="p",${gateway("a")}}`;
const ofService = (metric: string): string => `${metric}{service="web",${gateway("a")}}`;
const waiting = `skein_requests_waiting{proxy="p",service="web",${gateway("a")}}`;
const suspicions = `skein_worker_changes_total{service="web",change="worker-suspect",cause="stalled",${gateway("a")}}`;
const loopDelay = `skein_worker_event_loop_delay_seconds{service="web",worker="w",${gateway("a")}}`;
const store = (condition: string): string =>
  `skein_store_condition{condition="${condition}",${controller("c-1")}}`;
const certificate = (metric: string): string =>
  `skein_tls_certificate_${metric}{proxy="p",file="web.pem",${gateway("a")}}`;

const web = { service: "web" };
const day = 86_400;

export const alertCases: Record<string, AlertCase[]> = {
  SkeinNoLiveWorker: [
    {
      says: "the last one dies under traffic",
      series: { [workers("live")]: "1x8 0x40", [workers("dead")]: "0x8 1x40", [requests("5xx")]: "0+15x50" },
      fires: [web],
      notYet: "2m30s",
      at: "3m",
    },
    {
      says: "another gateway has a live one",
      series: { [workers("live")]: "0x40", [workers("live", "b")]: "1x40", [requests("2xx")]: "0+15x40" },
      fires: [],
      at: "5m",
    },
    {
      says: "nobody asks for it",
      series: { [workers("live")]: "0x40", [requests("2xx")]: "100x40" },
      fires: [],
      at: "8m",
    },
  ],
  SkeinErrors: [
    {
      says: "3 % of the answers",
      series: { [requests("5xx")]: "0+3x80", [requests("2xx")]: "0+97x80" },
      fires: [web],
      notYet: "2m",
      at: "2m30s",
    },
    {
      says: "1 % of the answers",
      series: { [requests("5xx")]: "0+1x80", [requests("2xx")]: "0+99x80" },
      fires: [],
      at: "15m",
    },
    {
      says: "many that clients are to blame for",
      series: { [requests("4xx")]: "0+90x80", [requests("5xx")]: "0x80", [requests("2xx")]: "0+10x80" },
      fires: [],
      at: "15m",
    },
  ],
  SkeinSlow: [
    {
      says: "5 % take more than 2.5 s",
      series: {
        [took("1")]: "0+90x80",
        [took("2.5")]: "0+95x80",
        [took("5")]: "0+100x80",
        [took("+Inf")]: "0+100x80",
      },
      fires: [web],
      notYet: "5m",
      at: "5m30s",
    },
    {
      says: "all take less",
      series: {
        [took("1")]: "0+90x80",
        [took("2.5")]: "0+100x80",
        [took("5")]: "0+100x80",
        [took("+Inf")]: "0+100x80",
      },
      fires: [],
      at: "15m",
    },
  ],
  SkeinQueueNearlyFull: [
    {
      says: "85 of 100 places are taken",
      series: { [waiting]: "85x20", [ofService("skein_waiting_limit")]: "100x20" },
      fires: [web],
      notYet: "15s",
      at: "45s",
    },
    {
      says: "70 of 100",
      series: { [waiting]: "70x20", [ofService("skein_waiting_limit")]: "100x20" },
      fires: [],
      at: "4m",
    },
    {
      says: "nothing may wait",
      series: { [waiting]: "1x20", [ofService("skein_waiting_limit")]: "0x20" },
      fires: [],
      at: "4m",
    },
  ],
  SkeinRetriesDenied: [
    {
      says: "some in each quarter of a minute",
      series: { [ofProxy("skein_retries_denied_total")]: "0+1x40" },
      fires: [{ gateway: "a" }],
      notYet: "2m",
      at: "2m30s",
    },
    {
      says: "some long ago",
      series: { [ofProxy("skein_retries_denied_total")]: "7x40" },
      fires: [],
      at: "8m",
    },
  ],
  SkeinConnectionsRefused: [
    {
      says: "some in each quarter of a minute",
      series: { [ofProxy("skein_proxy_connections_refused_total")]: "0+1x40" },
      fires: [{ gateway: "a" }],
      notYet: "1m",
      at: "1m30s",
    },
    {
      says: "some long ago",
      series: { [ofProxy("skein_proxy_connections_refused_total")]: "7x40" },
      fires: [],
      at: "8m",
    },
  ],
  SkeinWorkersOut: [
    {
      says: "two of five, as both gateways see it",
      series: {
        [workers("live")]: "3x40",
        [workers("live", "b")]: "3x40",
        [workers("suspect")]: "1x40",
        [workers("suspect", "b")]: "1x40",
        [workers("dead")]: "1x40",
        [workers("dead", "b")]: "1x40",
      },
      fires: [web],
      notYet: "1m45s",
      at: "2m15s",
    },
    {
      says: "one of five",
      series: { [workers("live")]: "4x40", [workers("dead")]: "1x40" },
      fires: [],
      at: "8m",
    },
    {
      says: "those that were drained or have left do not count",
      series: { [workers("live")]: "3x40", [workers("draining")]: "3x40", [workers("left")]: "9x40" },
      fires: [],
      at: "8m",
    },
  ],
  SkeinSelfPreservation: [
    {
      says: "it holds",
      series: { [ofService("skein_self_preservation")]: "_x4 1x20" },
      fires: [web],
      notYet: "1m45s",
      at: "2m15s",
    },
    {
      says: "half a minute of it",
      series: { [ofService("skein_self_preservation")]: "_x4 1x2 stale" },
      fires: [],
      at: "2m30s",
    },
  ],
  SkeinWorkerFlaps: [
    {
      says: "four in each minute",
      series: { [suspicions]: "0+1x40" },
      fires: [web],
      notYet: "2m",
      at: "5m",
    },
    { says: "eight in a quarter of an hour", series: { [suspicions]: "0x2 8x80" }, fires: [], at: "14m" },
  ],
  SkeinWorkerLoopDelay: [
    {
      says: "400 ms",
      series: { [loopDelay]: "0.4x40" },
      fires: [{ service: "web", worker: "w" }],
      notYet: "4m45s",
      at: "5m15s",
    },
    { says: "200 ms", series: { [loopDelay]: "0.2x40" }, fires: [], at: "9m" },
  ],
  SkeinGatewayGone: [
    {
      says: "it does not answer",
      series: { [`up{${gateway("a")}}`]: "1x60 0x40", [`up{${gateway("b")}}`]: "1x100" },
      fires: [{ gateway: "a" }],
      notYet: "15m30s",
      at: "16m",
    },
    {
      says: "nobody tells of it any more",
      series: { [`up{${gateway("a")}}`]: "1x60 stale" },
      fires: [{ gateway: "a" }],
      notYet: "15m30s",
      at: "16m",
    },
    {
      says: "it was taken away long ago",
      series: { [`up{${gateway("a")}}`]: "1x20 stale", [`up{${gateway("b")}}`]: "1x100" },
      fires: [],
      at: "20m",
    },
    {
      says: "another controller answers for it",
      series: { [`up{${gateway("a")}}`]: "1x60 0 1x40" },
      fires: [],
      at: "16m",
    },
  ],
  SkeinNoStandby: [
    {
      says: "one of two answers",
      series: { [`up{${controller("c-1")}}`]: "1x40", [`up{${controller("c-2")}}`]: "0x40" },
      fires: [{}],
      notYet: "1m45s",
      at: "2m15s",
    },
    {
      says: "two answer",
      series: { [`up{${controller("c-1")}}`]: "1x40", [`up{${controller("c-2")}}`]: "1x40" },
      fires: [],
      at: "9m",
    },
  ],
  SkeinNoLeader: [
    {
      says: "nobody leads",
      series: {
        [`skein_leader{${controller("c-1")}}`]: "1x4 0x40",
        [`skein_leader{${controller("c-2")}}`]: "0x44",
      },
      fires: [{}],
      notYet: "1m30s",
      at: "2m",
    },
    {
      says: "a takeover",
      series: {
        [`skein_leader{${controller("c-1")}}`]: "1x4 0x40",
        [`skein_leader{${controller("c-2")}}`]: "0x5 1x39",
      },
      fires: [],
      at: "2m",
    },
  ],
  SkeinElections: [
    {
      says: "one in each quarter of a minute",
      series: { [`skein_term{${controller("c-1")}}`]: "1+1x40" },
      fires: [labelsOf(controller("c-1"))],
      notYet: "1m",
      at: "1m15s",
    },
    {
      says: "two in a quarter of an hour",
      series: { [`skein_term{${controller("c-1")}}`]: "1x10 2x10 3x60" },
      fires: [],
      at: "14m",
    },
  ],
  SkeinStore: [
    {
      says: "writes fail",
      series: { [store("sound")]: "1x4 0x40", [store("failing")]: "0x4 1x40" },
      fires: [{ condition: "failing", ...labelsOf(controller("c-1")) }],
      notYet: "2m",
      at: "2m30s",
    },
    {
      says: "it is sound",
      series: { [store("sound")]: "1x40", [store("failing")]: "0x40", [store("held")]: "0x40" },
      fires: [],
      at: "9m",
    },
  ],
  SkeinTableOld: [
    {
      says: "20 s old, and older",
      series: { [ofProxy("skein_proxy_table_age_seconds")]: "0.3x4 20+15x40" },
      fires: [{ proxy: "p", ...labelsOf(gateway("a")) }],
      notYet: "1m30s",
      at: "2m",
    },
    {
      says: "a few seconds old",
      series: { [ofProxy("skein_proxy_table_age_seconds")]: "5x40" },
      fires: [],
      at: "9m",
    },
  ],
  SkeinLoopDelay: [
    {
      says: "a proxy, a controller and a supervisor",
      series: {
        [ofProxy("skein_proxy_event_loop_delay_seconds")]: "0.2x40",
        [`skein_event_loop_delay_seconds{${controller("c-1")}}`]: "0.6x40",
        [`skein_supervisor_event_loop_delay_seconds{${gateway("a")}}`]: "2x40",
      },
      fires: [{ proxy: "p", ...labelsOf(gateway("a")) }, labelsOf(controller("c-1")), labelsOf(gateway("a"))],
      notYet: "1m45s",
      at: "2m15s",
    },
    {
      says: "each a little late",
      series: {
        [ofProxy("skein_proxy_event_loop_delay_seconds")]: "0.09x40",
        [`skein_event_loop_delay_seconds{${controller("c-1")}}`]: "0.4x40",
        [`skein_supervisor_event_loop_delay_seconds{${gateway("a")}}`]: "0.9x40",
      },
      fires: [],
      at: "9m",
    },
  ],
  // The time begins at 0 there.
  SkeinCertificate: [
    {
      says: "it ends in five days",
      series: { [certificate("expiry_seconds")]: `${5 * day}x40`, [certificate("faulty")]: "0x40" },
      fires: [{ gateway: "a", file: "web.pem" }],
      notYet: "4m45s",
      at: "5m15s",
    },
    {
      says: "what lies there now cannot be taken",
      series: { [certificate("expiry_seconds")]: `${60 * day}x40`, [certificate("faulty")]: "1x40" },
      fires: [{ gateway: "a", file: "web.pem" }],
      notYet: "4m45s",
      at: "5m15s",
    },
    {
      says: "it ends in thirty days",
      series: { [certificate("expiry_seconds")]: `${30 * day}x40`, [certificate("faulty")]: "0x40" },
      fires: [],
      at: "9m",
    },
  ],
};
