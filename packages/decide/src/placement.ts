/** Where something is placed. Apart from the index, because a resident agent places nothing. */
export { mibPerGb } from './layers/requirements.ts';
export { failingTerm, type LabelTerm } from './placement/label-term.ts';
export { capacityIn, type PlacementHost } from './placement/placement-host.ts';
export { PlacementIndex } from './placement/placement-index.ts';
export { rankHosts } from './placement/rank-hosts.ts';
export { type Requirements, type Room, roomFor, sumOf, without } from './placement/room.ts';
