/** Where everything of the live picture stands. Pure: names and a width in, places out. */
export interface FlightInput {
  proxies: readonly string[];
  services: readonly { name: string; workers: readonly string[] }[];
  width: number;
}

export interface Place {
  x: number;
  y: number;
}

export interface FlightLayout {
  width: number;
  height: number;
  /** Labels have room beside workers. */
  roomy: boolean;
  clients: Place;
  proxies: ReadonlyMap<string, Place>;
  services: ReadonlyMap<string, Place>;
  /** By service, in the order given. */
  workers: ReadonlyMap<string, readonly Place[]>;
}

/** Above this, workers are small marks in rows, without lines of their own. */
export const workersDrawnSingly = 12;

const rowPx = 26;
const markPx = 12;
const marginPx = 28;
const groupGapPx = 18;
const roomyPx = 640;

export function layoutOf({ proxies, services, width }: FlightInput): FlightLayout {
  const roomy = width >= roomyPx;
  const columns = roomy ? [0.06, 0.3, 0.55, 0.78] : [0.07, 0.34, 0.62, 0.84];
  const [clientsX = 0, proxiesX = 0, servicesX = 0, workersX = 0] = columns.map((share) => share * width);
  const marksPerRow = Math.max(4, Math.floor((width - workersX - 8) / markPx));
  const servicePlaces = new Map<string, Place>();
  const workerPlaces = new Map<string, Place[]>();
  let y = marginPx;
  for (const { name, workers } of services) {
    const places = workers.map((_, at) =>
      workers.length > workersDrawnSingly
        ? { x: workersX + (at % marksPerRow) * markPx, y: y + Math.floor(at / marksPerRow) * markPx }
        : { x: workersX, y: y + at * rowPx },
    );
    const last = places.at(-1)?.y ?? y;
    servicePlaces.set(name, { x: servicesX, y: (y + last) / 2 });
    workerPlaces.set(name, places);
    y = last + rowPx + groupGapPx;
  }
  const height = Math.max(y - groupGapPx, marginPx + proxies.length * 48, 140);
  const middle = height / 2;
  const proxyPlaces = proxies.map((name, at): [string, Place] => [
    name,
    { x: proxiesX, y: middle + (at - (proxies.length - 1) / 2) * 48 },
  ]);
  return {
    width,
    height,
    roomy,
    clients: { x: clientsX, y: middle },
    proxies: new Map(proxyPlaces),
    services: servicePlaces,
    workers: workerPlaces,
  };
}

/** A line that leaves and arrives level. */
export function curve(from: Place, to: Place): string {
  const middle = (from.x + to.x) / 2;
  return `M${from.x} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
}

/** Seconds for a dash to travel its length: quick where much goes. Undefined: nothing goes. */
export function paceOf(perSecond: number): number | undefined {
  return perSecond < 0.05 ? undefined : Math.max(0.25, 2.4 / (1 + Math.log10(1 + perSecond) * 2));
}

/** Thicker where more goes, within what is pleasant. */
export function strengthOf(perSecond: number): number {
  return Math.min(4, 1 + Math.log10(1 + Math.max(0, perSecond)));
}
