/** Which document of a persona says what about its triggers: of each field the last one that has it, ancestors first. */
import type { LocatedDocument, Trigger } from '@guise/model';

export interface Said<Value> {
  readonly value: Value;
  readonly in: LocatedDocument;
}

export interface EffectiveTriggers {
  readonly activation: Said<Trigger | readonly Trigger[]> | null;
  readonly deactivation: Said<Trigger | readonly Trigger[]> | null;
  readonly cooldown: string | null;
  readonly minActive: string | null;
  readonly maxSwitchesPerHour: number | null;
}

export function effectiveTriggers(documents: readonly LocatedDocument[]): EffectiveTriggers {
  return {
    activation: lastSaid(documents, 'activation_triggers'),
    deactivation: lastSaid(documents, 'deactivation_triggers'),
    cooldown: lastSaid(documents, 'cooldown')?.value ?? null,
    minActive: lastSaid(documents, 'min_active')?.value ?? null,
    maxSwitchesPerHour: lastSaid(documents, 'max_switches_per_hour')?.value ?? null,
  };
}

/** Names of the metrics that the documents define. */
export function definedMetrics(documents: readonly LocatedDocument[]): ReadonlySet<string> {
  return new Set(
    documents.flatMap(({ document }) =>
      (document.monitoring?.metrics ?? []).flatMap((metric) =>
        typeof metric === 'object' && metric.from !== undefined ? [metric.name] : [],
      ),
    ),
  );
}

function lastSaid<Field extends keyof LocatedDocument['document']>(
  documents: readonly LocatedDocument[],
  field: Field,
): Said<NonNullable<LocatedDocument['document'][Field]>> | null {
  const located = documents.findLast(({ document }) => document[field] !== undefined);
  const value = located?.document[field];
  return located === undefined || value === undefined || value === null ? null : { value, in: located };
}
