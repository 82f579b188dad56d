/**
 * How fast the best host of a hundred thousand is found, and its room taken, one after another on one core. Nothing asserts on time.
 *
 * A quarter of the hosts are of each of four sizes. Needs are from a core and 2 GB to eight and 16; where one was placed its host has so
 * much less, and what was placed longest ago goes again, so that the fleet stays some two thirds full.
 * Source of the peers' figures: Nomad's "C1M" challenge, and kube-scheduler's own benchmarks, as DESIGN.md has them.
 */
import { type PlacementHost, PlacementIndex, type Room, roomFor, sumOf, without } from '@guise/decide/placement';

const hosts = 100_000;
const placements = 200_000;
const sizes = [4, 8, 16, 32];
const needs = [
  { required_cores: 1, required_ram_gb: 2, required_storage_gb: 5 },
  { required_cores: 2, required_ram_gb: 8, required_storage_gb: 20 },
  { required_cores: 4, required_ram_gb: 4, required_storage_gb: 10 },
  { required_cores: 8, required_ram_gb: 16, required_storage_gb: 40 },
];

export interface PlacementFigures {
  readonly perSecond: number;
  readonly placed: number;
}

interface Placed {
  readonly hostId: string;
  readonly room: Room;
}

export function placementFigures(): PlacementFigures {
  const fleet = new Map<string, PlacementHost>();
  const index = new PlacementIndex();
  const put = (host: PlacementHost) => {
    fleet.set(host.id, host);
    index.put(host);
  };
  for (let at = 0; at < hosts; at += 1) {
    const cores = sizes[at % sizes.length]!;
    const capacity = roomFor({ required_cores: cores, required_ram_gb: cores * 4, required_storage_gb: cores * 20 });
    put({ id: `h${at}`, labels: {}, capacity, taken: roomFor({}), warmFor: null });
  }
  const rooms = needs.map(roomFor);
  const here: Placed[] = [];
  let gone = 0;
  const place = (at: number): boolean => {
    const room = rooms[at % rooms.length]!;
    const host = index.closest({ persona: 'web', room, selector: [] });
    if (host === null) return false;
    put({ ...host, taken: sumOf([host.taken, room]) });
    here.push({ hostId: host.id, room });
    return true;
  };
  // Some two thirds of all cores.
  for (let at = 0; at < hosts * 2.7; at += 1) place(at);
  const begun = performance.now();
  let placed = 0;
  for (let at = 0; at < placements; at += 1) {
    const { hostId, room } = here[gone++]!;
    const host = fleet.get(hostId)!;
    put({ ...host, taken: without(host.taken, room) });
    if (place(at)) placed += 1;
  }
  return { perSecond: placed / ((performance.now() - begun) / 1000), placed };
}

export function renderPlacementFigures({ perSecond, placed }: PlacementFigures, date: string): string {
  return [
    `${date}, ${placed.toLocaleString('en')} placements, as many that went`,
    '',
    '| goal | reached | |',
    '| --- | ---: | --: |',
    `| best fit among 100,000 hosts, at least 50,000 a second on one core | ${Math.round(perSecond).toLocaleString('en')} | ${perSecond >= 50_000 ? '✓' : '✗'} |`,
  ].join('\n');
}
