import type { ComponentChild } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { count, foreign } from "../format.ts";
import type { Worker } from "../../../src/protocol/live/cluster.ts";
import { byNumber, cluster, trafficOf, trafficOfWorker, workers } from "../state.ts";
import {
  curve,
  type FlightLayout,
  layoutOf,
  paceOf,
  type Place,
  strengthOf,
  workersDrawnSingly,
} from "./flight-layout.ts";

/** The live picture: clients, proxies, services, workers, and what goes between them. */
export function Flight(): ComponentChild {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const sizes = new ResizeObserver(() => setWidth(element.clientWidth));
    sizes.observe(element);
    return () => sizes.disconnect();
  }, []);
  return (
    <div class="flight" ref={place}>
      {width > 0 && <Picture width={width} />}
    </div>
  );
}

function Picture({ width }: { width: number }): ComponentChild {
  const byService = Map.groupBy(workers.value, ({ service }) => service);
  const services = (cluster.value?.services ?? []).map(({ name }) => ({
    name,
    members: byService.get(name) ?? [],
  }));
  const proxies = [...(cluster.value?.proxies.keys() ?? [])].sort(byNumber);
  const layout = layoutOf({
    proxies,
    services: services.map(({ name, members }) => ({ name, workers: members.map(({ id }) => id) })),
    width,
  });
  const live = workers.value.filter(({ state }) => state === "live").length;
  return (
    <svg
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      height={layout.height}
      role="img"
      aria-label={`${proxies.length} proxies, ${services.length} services, ${live} of ${workers.value.length} workers live`}
    >
      <Edges layout={layout} proxies={proxies} services={services} />
      <Dot at={layout.clients} kind="end" label="clients" />
      {proxies.map((name) => (
        <Dot key={name} at={layout.proxies.get(name)} kind="proxy" label={foreign(name, 16)} />
      ))}
      {services.map(({ name, members }) => (
        <g key={name}>
          <Dot at={layout.services.get(name)} kind="service" label={foreign(name, layout.roomy ? 24 : 10)} />
          {members.map((worker, at) => (
            <Mark
              key={worker.key}
              worker={worker}
              at={layout.workers.get(name)?.[at]}
              layout={layout}
              many={members.length > workersDrawnSingly}
            />
          ))}
        </g>
      ))}
    </svg>
  );
}

interface Members {
  name: string;
  members: readonly Worker[];
}

function Edges(props: {
  layout: FlightLayout;
  proxies: readonly string[];
  services: readonly Members[];
}): ComponentChild {
  const { layout, proxies, services } = props;
  return (
    <g class="edges">
      {proxies.map((proxy) => (
        <Edge
          key={proxy}
          from={layout.clients}
          to={layout.proxies.get(proxy)}
          perSecond={trafficOf({ proxy })?.perSecond}
        />
      ))}
      {services.map(({ name, members }) => (
        <g key={name}>
          {proxies.map((proxy) => (
            <Edge
              key={proxy}
              from={layout.proxies.get(proxy)}
              to={layout.services.get(name)}
              perSecond={trafficOf({ proxy, service: name })?.perSecond}
            />
          ))}
          <WorkerEdges layout={layout} name={name} members={members} />
        </g>
      ))}
    </g>
  );
}

function WorkerEdges({ layout, name, members }: { layout: FlightLayout } & Members): ComponentChild {
  const [first] = layout.workers.get(name) ?? [];
  if (members.length > workersDrawnSingly && first !== undefined) {
    const { y } = layout.services.get(name) ?? first;
    return (
      <Edge
        from={layout.services.get(name)}
        to={{ x: first.x - 10, y }}
        perSecond={trafficOf({ service: name })?.perSecond}
      />
    );
  }
  return members.map((worker, at) => (
    <Edge
      key={worker.key}
      from={layout.services.get(name)}
      to={layout.workers.get(name)?.[at]}
      perSecond={trafficOfWorker(worker)?.perSecond}
      state={worker.state}
    />
  ));
}

function Edge(props: {
  from: Place | undefined;
  to: Place | undefined;
  /** Undefined: nobody tells, so nothing flows. */
  perSecond: number | undefined;
  state?: string;
}): ComponentChild {
  const { from, to, perSecond = 0, state = "" } = props;
  if (from === undefined || to === undefined) return null;
  const path = curve(from, to);
  const pace = paceOf(perSecond);
  return (
    <>
      <path class={`edge ${state}`} d={path} />
      {pace !== undefined && (
        <path
          class={`flow ${state}`}
          d={path}
          style={{ animationDuration: `${pace.toFixed(1)}s`, strokeWidth: strengthOf(perSecond).toFixed(1) }}
        />
      )}
    </>
  );
}

function Dot(props: { at: Place | undefined; kind: string; label: string }): ComponentChild {
  const { at, kind, label } = props;
  if (at === undefined) return null;
  return (
    <g class={`node ${kind}`}>
      <circle cx={at.x} cy={at.y} r={7} />
      <text x={at.x} y={at.y + 22} text-anchor="middle">
        {label}
      </text>
    </g>
  );
}

function Mark(props: {
  worker: Worker;
  at: Place | undefined;
  layout: FlightLayout;
  many: boolean;
}): ComponentChild {
  const { worker, at, layout, many } = props;
  if (at === undefined) return null;
  const name = foreign(worker.id, 80);
  const title = `${name}: ${worker.state === "suspect" ? (worker.cause ?? "suspect") : worker.state}`;
  if (many) {
    return (
      <rect class={`mark ${worker.state}`} x={at.x - 4} y={at.y - 4} width={8} height={8} rx={2}>
        <title>{title}</title>
      </rect>
    );
  }
  return (
    <g class={`node worker ${worker.state}`}>
      <title>{title}</title>
      <circle cx={at.x} cy={at.y} r={6} />
      {layout.roomy && (
        <text x={at.x + 13} y={at.y + 4}>
          {foreign(worker.id, 22)}
          <tspan class="load" dx={6}>
            {worker.state === "live"
              ? worker.load.inFlight === undefined
                ? ""
                : `${count(worker.load.inFlight)} in flight`
              : (worker.cause ?? worker.state)}
          </tspan>
        </text>
      )}
    </g>
  );
}
