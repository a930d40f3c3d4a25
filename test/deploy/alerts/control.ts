import {
  type AlertCase,
  gateway,
  controller,
  labelsOf,
  ofProxy,
  store,
  certificate,
  day,
} from "./alert-case.ts";

/** Controllers, the store, the proxies' tables, and certificates. */
export const controlCases: Record<string, AlertCase[]> = {
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
      says: "silent, so that it grows older, until its series ends",
      series: { [ofProxy("skein_proxy_table_age_seconds")]: "0.3x4 15+15x39 _x40" },
      fires: [{ proxy: "p", ...labelsOf(gateway("a")) }],
      notYet: "1m30s",
      at: "10m",
    },
    {
      says: "it left: its series ends",
      series: { [ofProxy("skein_proxy_table_age_seconds")]: "0.3x4 _x40" },
      fires: [],
      at: "9m",
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
  SkeinCertificate: [
    {
      says: "it ends in five days",
      series: { [certificate("expiry_seconds")]: `${5 * day}x40`, [certificate("faulty")]: "0x40" },
      fires: [{ gateway: "a", file: "web.pem" }],
      notYet: "4m45s",
      at: "5m15s",
    },
    {
      says: "that of the control API ends in five days, and those of the proxies do not",
      series: {
        [`skein_tls_certificate_expiry_seconds{proxy="",file="control.pem",${gateway("a")}}`]: `${5 * day}x40`,
        [certificate("expiry_seconds")]: `${60 * day}x40`,
      },
      fires: [{ gateway: "a", file: "control.pem" }],
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
