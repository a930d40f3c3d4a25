import { signal } from "@preact/signals";
import type { ComponentChild, FunctionComponent } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { foreign } from "./format.ts";
import { Configuration } from "./pages/configuration.tsx";
import { Controllers } from "./pages/controllers.tsx";
import { Events } from "./pages/events.tsx";
import { Overview } from "./pages/overview.tsx";
import { OneRequest } from "./pages/request.tsx";
import { Requests } from "./pages/requests.tsx";
import { Routes } from "./pages/routes.tsx";
import { Services } from "./pages/services.tsx";
import { OneWorker } from "./pages/worker.tsx";
import { Workers } from "./pages/workers.tsx";
import { Confirm, NoticeBar } from "./parts/confirm.tsx";
import { page } from "./route.ts";
import { staleWords } from "./stale.ts";
import { cluster, connection, demo, silence, staleSince } from "./state.ts";
import { type Theme, theme } from "./theme.ts";
import { setToken, token, unfit } from "./token.ts";

const pages: readonly { path: string; title: string; show: FunctionComponent }[] = [
  { path: "overview", title: "Overview", show: Overview },
  { path: "workers", title: "Workers", show: Workers },
  { path: "services", title: "Services", show: Services },
  { path: "controllers", title: "Controllers", show: Controllers },
  { path: "routes", title: "Routes", show: Routes },
  { path: "requests", title: "Requests", show: Requests },
  { path: "events", title: "Events", show: Events },
  { path: "configuration", title: "Configuration", show: Configuration },
];

/** Where it is the demo that answers. Its code is loaded only there. */
const breakPage = { path: "break", title: "Break things", show: BreakWhenLoaded };

/** Pages of one thing, which a list leads to. */
const ofOne = [
  { path: "worker", title: "Worker", show: OneWorker },
  { path: "request", title: "Request", show: OneRequest },
];

export function App(): ComponentChild {
  const [first = ""] = page.value.split("/");
  const shown = [...listed(), ...ofOne].find(({ path }) => path === first) ?? pages[0];
  const Page = shown?.show ?? Overview;
  useEffect(() => void (document.title = `${shown?.title ?? ""} · skein`), [shown]);
  const refused = connection.value.kind === "refused";
  return (
    <>
      <Top />
      <Stale />
      <Silent />
      <main tabIndex={-1} data-page={shown?.path} class={staleSince.value === undefined ? "" : "stale"}>
        {refused ? <Login /> : cluster.value === undefined ? <Waiting /> : <Page />}
      </main>
      <Confirm />
      <NoticeBar />
    </>
  );
}

function listed(): typeof pages {
  return demo.value ? [...pages, breakPage] : pages;
}

const loaded = signal<FunctionComponent | undefined>(undefined);

function BreakWhenLoaded(): ComponentChild {
  useEffect(() => void import("./pages/break.tsx").then(({ Break }) => (loaded.value = Break)), []);
  const Break = loaded.value;
  return Break === undefined ? null : <Break />;
}

function Top(): ComponentChild {
  return (
    <header>
      <a class="mark" href="#/overview" aria-label="skein, overview">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M3 24 20 8l9 16" />
          <circle cx="20" cy="8" r="2.5" />
        </svg>
        skein
      </a>
      <nav aria-label="Pages">
        {listed().map(({ path, title }) => (
          <a key={path} href={`#/${path}`} aria-current={page.value === path ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <div class="right">
        <Mode />
        <Link />
        <label class="theme">
          <span class="unseen">Colours</span>
          <select
            value={theme.value}
            onChange={(event) => (theme.value = event.currentTarget.value as Theme)}
          >
            <option value="system">Auto</option>
            <option value="light">Light</option>
            <option value="dark">Dark</option>
          </select>
        </label>
      </div>
    </header>
  );
}

function Mode(): ComponentChild {
  if (cluster.value === undefined || cluster.value.operator) return null;
  const refused = token.value !== undefined || unfit.value;
  return (
    <span
      class={refused ? "mode bad" : "mode"}
      title="Open the login link that skein printed to change what runs"
    >
      {refused ? "read-only: this token is not accepted" : "read-only"}
    </span>
  );
}

const linkWords = {
  connecting: "connecting",
  live: "live",
  waiting: "reconnecting",
  refused: "no access",
  asleep: "asleep",
};

function Link(): ComponentChild {
  const { kind } = connection.value;
  return (
    <span class={`link ${kind}`} role="status">
      <i aria-hidden="true" />
      {linkWords[kind]}
    </span>
  );
}

/** Said once for an outage, and not again: its words do not change while it lasts. */
function Stale(): ComponentChild {
  const heardAt = staleSince.value;
  const state = connection.value;
  if (heardAt === undefined || state.kind === "refused") return null;
  return (
    <p class="as-of" role="alert">
      {staleWords(state, heardAt)}
    </p>
  );
}

function Silent(): ComponentChild {
  const words = silence.value;
  return words === "" ? null : (
    <p class="as-of" role="status">
      {foreign(words)}.
    </p>
  );
}

function Waiting(): ComponentChild {
  const state = connection.value;
  return (
    <div class="empty large">
      <h1>{state.kind === "waiting" ? "No controller answers" : "Connecting"}</h1>
      {state.kind === "waiting" && <p>{state.why.replace(/\.$/, "")}. This page tries again by itself.</p>}
    </div>
  );
}

function Login(): ComponentChild {
  const field = useRef<HTMLInputElement>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    setToken(field.current?.value.trim());
  };
  return (
    <form class="empty large" onSubmit={submit}>
      <h1>
        {token.value === undefined && !unfit.value ? "A token is needed" : "This token is not accepted"}
      </h1>
      <p>
        Open the login link that <code>skein up</code> printed, or paste the content of the file{" "}
        <code>token</code> in the state directory.
      </p>
      <label>
        Token
        <input ref={field} type="password" autocomplete="off" />
      </label>
      <button type="submit" class="primary">
        Open
      </button>
    </form>
  );
}
