import type { WorkerView } from "../protocol/discovery.ts";
import type { ClusterEvent } from "../protocol/events.ts";
import type { Evidence, StatisticsReport } from "../protocol/evidence.ts";
import { type AddedSecret, type StoredToken, withSecret } from "../protocol/join-token.ts";
import type { Load } from "../protocol/heartbeat.ts";
import type { ProxyAnswer, RequestRecord, RequestsFound, RequestsWanted } from "../protocol/requests.ts";
import type { TableFrame } from "../protocol/routing-table.ts";
import type { ControlPorts, TableWants } from "./ports.ts";
import type { RegistrationRequest, SessionSocket } from "./registration.ts";

export const testToken = "0123456789abcdef0123456789abcdef";

/** A controller that does nothing but note what it was asked to do. */
export class TestPorts implements ControlPorts {
  readonly controller = "instance-1";
  readonly heartbeats: { request: RegistrationRequest; load: Load }[] = [];
  readonly done: string[] = [];
  readonly logged: object[] = [];
  readonly evidenceTaken: Evidence[] = [];
  readonly reported: StatisticsReport[] = [];
  readonly sessions: { request: RegistrationRequest; socket: SessionSocket; heard: string[] }[] = [];
  /** May open links, of each who asked for the routing table. */
  readonly tablesAsked: boolean[] = [];
  readonly tableReaders = new Set<(line: string) => void>();
  readonly tableListeners = new Set<(frame: TableFrame) => void>();
  readonly stored: ClusterEvent[] = [];
  readonly questionReaders = new Set<(line: string) => void>();
  readonly answers: ProxyAnswer[] = [];
  readonly wanted: RequestsWanted[] = [];
  recorded: RequestRecord[] = [];
  readonly #watchers = new Set<() => void>();
  workersThere: WorkerView[] = [];
  leader: ReturnType<ControlPorts["leadership"]> = { kind: "here" };
  allow: string[] = [];
  tokens: StoredToken[] = [];
  wallTime = "2026-01-01T00:00:00.000Z";
  tableSeen: { term: number; revision: number; from: string } | undefined;
  unready: string | undefined;

  url = (): string => "http://127.0.0.1:7601";
  controllerUrls = (): string[] => ["http://127.0.0.1:7601"];
  term = (): number => 3;
  guard = (): ReturnType<ControlPorts["guard"]> => ({
    controlHost: "127.0.0.1",
    token: testToken,
    tokens: this.tokens,
    wallTime: () => this.wallTime,
  });
  registration = (): ReturnType<ControlPorts["registration"]> => ({
    allow: this.allow,
    metadataBytesMax: 4_096,
    ownListeners: ["127.0.0.1:8080", "0.0.0.0:9090"],
  });

  sharesTaken: string[] = [];
  shareMax = Infinity;
  takeShare = (token: string, { service, id }: { service: string; id: string }): boolean => {
    if (this.sharesTaken.length >= this.shareMax) return false;
    this.sharesTaken.push(`${token} ${service}/${id}`);
    return true;
  };

  heartbeat = (request: RegistrationRequest, load: Load): ReturnType<ControlPorts["heartbeat"]> => {
    this.heartbeats.push({ request, load });
    return { generation: 1, ttlMs: request.ttlMs ?? 3_000, heartbeatEveryMs: 1_000, desired: "serve" };
  };

  openSession = (
    request: RegistrationRequest,
    _instance: string,
    socket: SessionSocket,
  ): ReturnType<ControlPorts["openSession"]> => {
    const heard: string[] = [];
    this.sessions.push({ request, socket, heard });
    const hear = (word: string) => (): void => void heard.push(word);
    return {
      accepted: { generation: 1, ttlMs: 3_000, heartbeatEveryMs: 1_000, desired: "serve" },
      beat: (load) => void heard.push(`beat ${JSON.stringify(load)}`),
      blocked: hear("blocked"),
      unblocked: hear("unblocked"),
      drain: (confirmed) => {
        heard.push("drain");
        confirmed();
      },
      leave: hear("leave"),
      lost: hear("lost"),
    };
  };

  workers = (): WorkerView[] => this.workersThere;
  find = (id: string, service?: string): WorkerView[] =>
    this.workersThere.filter((one) => one.id === id && (service === undefined || one.service === service));
  hasLeft = (service: string, id: string): boolean => this.find(id, service)[0]?.state === "left";
  /** Workers with a drain or a weight. */
  overrides: { service: string; id: string }[] = [];
  overridden = (id: string, service?: string): { service: string; id: string }[] =>
    this.overrides.filter((one) => one.id === id && (service === undefined || one.service === service));
  services = (): ReturnType<ControlPorts["services"]> => ({ v: 1, services: [] });
  routes = (): ReturnType<ControlPorts["routes"]> => ({ v: 1, revision: 1, routes: [] });
  controllers = (): ReturnType<ControlPorts["controllers"]> => ({
    v: 1,
    term: 3,
    leader: null,
    controllers: [],
  });
  evidence = (items: readonly Evidence[]): void => void this.evidenceTaken.push(...items);
  statistics: ControlPorts["statistics"] = (report) => this.reported.push(report);
  reports = (): StatisticsReport[] => this.reported;
  table = (opensLinks: boolean): undefined => void this.tablesAsked.push(opensLinks);

  subscribeTable = (frame: (line: string) => void, wants: TableWants): (() => void) => {
    this.tablesAsked.push(wants.opensLinks);
    this.tableReaders.add(frame);
    frame('{"kind":"alive","sequence":1,"term":3}');
    return () => this.tableReaders.delete(frame);
  };

  listenTable = (take: (frame: TableFrame) => void): (() => void) => {
    this.tableListeners.add(take);
    return () => this.tableListeners.delete(take);
  };

  listenQuestions = (write: (line: string) => void): (() => void) => {
    this.questionReaders.add(write);
    return () => this.questionReaders.delete(write);
  };

  answered = (answer: ProxyAnswer): boolean => answer.ask === "1" && this.answers.push(answer) > 0;

  requests = async (wanted: RequestsWanted): Promise<RequestsFound> => {
    this.wanted.push(wanted);
    const records = this.recorded.filter(({ id }) => wanted.id === undefined || id === wanted.id);
    return { v: 1, records, asked: { proxies: ["proxy-1", "proxy-2"], silent: [] } };
  };

  sawTable: ControlPorts["sawTable"] = (seen, from) => void (this.tableSeen = { ...seen, from });
  events = async (afterId: number, limit: number): Promise<ClusterEvent[]> =>
    this.stored.filter((event) => event.id > afterId).slice(0, limit);
  lastEventId = (): number => this.stored.at(-1)?.id ?? 0;
  onEvents = (changed: () => void): (() => void) => {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  };

  store = (): ReturnType<ControlPorts["store"]> => ({
    v: 1,
    place: "etcd at 127.0.0.1:2379, prefix skein",
    condition: "held",
    what: "it was set back",
  });
  decideStore = async (word: "adopt" | "republish"): Promise<void> => void this.done.push(`store ${word}`);
  leadership = (): ReturnType<ControlPorts["leadership"]> => this.leader;
  drain = async (service: string, id: string, on: boolean): Promise<void> =>
    void this.done.push(`${on ? "drain" : "undrain"} ${service}/${id}`);
  weigh = async (service: string, id: string, weight: number | null): Promise<void> =>
    void this.done.push(`weight ${service}/${id} ${weight}`);
  remove = async (service: string, id: string): Promise<void> =>
    void this.done.push(`remove ${service}/${id}`);
  putToken = async (token: StoredToken): Promise<void> => {
    this.tokens = [...this.tokens.filter(({ id }) => id !== token.id), token];
  };
  rotateToken = async (id: string, added: AddedSecret): Promise<void> => {
    this.tokens = this.tokens.map((token) => (token.id === id ? withSecret(token, added) : token));
  };
  revokeToken = async (id: string): Promise<void> => {
    this.tokens = this.tokens.filter((token) => token.id !== id);
  };
  notReady = (): string | undefined => this.unready;
  config = (): ReturnType<ControlPorts["config"]> => ({
    v: 1,
    file: null,
    inForce: true,
    values: [{ key: "proxies", value: "2", from: "skein.config.json:3:5" }],
  });
  scraped = (): ReturnType<ControlPorts["scraped"]> => [
    { name: "controller-1", gateway: "here", url: this.url() },
  ];
  metrics = (part = "all"): string => `# metrics of ${part}\n`;
  log = (fields: object): void => void this.logged.push(fields);

  happen(kind: ClusterEvent["kind"]): void {
    const id = this.lastEventId() + 1;
    this.stored.push({ id, at: "2026-01-01T00:00:00.000Z", term: 3, kind, message: `${kind} happened` });
    for (const changed of this.#watchers) changed();
  }

  get eventWatchers(): number {
    return this.#watchers.size;
  }
}

export function workerView(service: string, id: string): WorkerView {
  return {
    id,
    service,
    address: "127.0.0.1:8081",
    state: "live",
    generation: 1,
    origin: "heartbeat",
    session: false,
    weight: 1,
    weightSet: null,
    desired: "serve",
    ttlMs: 3_000,
    heardMsAgo: 10,
    stateForMs: 1_000,
    tags: [],
    metadata: {},
    load: {},
  };
}
