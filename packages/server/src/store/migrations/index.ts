import { fleet } from './0001-fleet.ts';
import { adaptation } from './0002-adaptation.ts';
import { sealedValues } from './0003-sealed-values.ts';
import { principals } from './0006-principals.ts';
import type { Migration } from './migration.ts';

/** In the order in which they apply. */
export const migrations: readonly Migration[] = [fleet, adaptation, sealedValues, principals];
