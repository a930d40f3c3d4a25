import { type AlertCase, workers, requests, took, ofProxy, ofService, waiting, web } from "./alert-case.ts";

/** What clients notice. */
export const trafficCases: Record<string, AlertCase[]> = {
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
};
