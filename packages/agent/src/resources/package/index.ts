/**
 * Debian packages, by dpkg and apt.
 *
 * A target may be a glob until `resolve` has asked apt; what a plan holds are exact versions, of dependencies too, so that what
 * was planned is what runs and what is undone. A package that leaves takes along what its scripts did to the host: see `apply.ts`.
 * A package that has left while its traces have not, because a purge was killed, equals neither state, so it is left again.
 * Installing a daemon does not start it; that is for services.
 * Throws: see `apt.ts` and `resolve.ts`.
 */
import { type Address, nameOf, type PackageState } from '@guise/model';
import type { Adapter } from '../adapter.ts';
import { applyPackages } from './apply.ts';
import { configurePending } from './apt.ts';
import { readDpkgStatus, versionOf } from './dpkg-status.ts';
import { begunFootprint, readFootprints } from './footprint-store.ts';
import { ownersOfAddresses } from './owners.ts';
import { resolvePackages } from './resolve.ts';

export const packageAdapter: Adapter = {
  kind: 'package',
  offline: false,

  async observe(asked, context) {
    const installed = readDpkgStatus(context.host.files);
    const footprints = [...readFootprints(context), begunFootprint(context)];
    const withTraces = new Set(footprints.flatMap((footprint) => footprint?.packages ?? []));
    const version = (name: string): string | null =>
      versionOf(installed.get(name)) ?? (withTraces.has(name) ? 'left, not its traces' : null);
    return new Map(
      asked.map(({ address }): [Address, PackageState] => [address, { version: version(nameOf(address)) }]),
    );
  },

  resolve: (wanted, released, _live, context) => resolvePackages(wanted, released, context),

  ownersOf: async (addresses, packages, context) => ownersOfAddresses(addresses, packages, context),

  async sweep(_addresses, context) {
    await configurePending(context.host);
  },

  apply: applyPackages,
};
