/**
 * From a layer's rendered documents to triggers that can be evaluated, and the check of a persona before it is published.
 *
 * Both read the same trees: what compiles was checked, and what is refused is refused with its place. Asynchronous because conditions
 * load their language only when there are any.
 */
import {
  digestOfJson,
  durationMs,
  errorOf,
  type Facts,
  type Json,
  type LocatedDocument,
  limits,
  type ResolvedPersona,
} from '@guise/model';
import { type CompiledTriggers, leavesOf, type TriggerNode } from './compiled.ts';
import { DocumentChecks } from './document-checks.ts';
import { definedMetrics, type EffectiveTriggers, effectiveTriggers, type Said } from './effective-triggers.ts';
import { checkMonitoring } from './monitoring-checks.ts';
import { type ConditionLanguage, hasCondition, TriggerReader } from './trigger-reader.ts';
import { intlZones, type Zones } from './zones.ts';

const defaultZone = 'UTC';

/**
 * Null when there are no `activation_triggers`: then the layer is always active. A schedule that names no zone means
 * `facts.timezone`, or UTC where nobody knows that.
 *
 * `documents` as rendered, the persona's own last. Throws: `document_invalid` with every problem of the triggers.
 */
export async function triggersOf(
  documents: readonly LocatedDocument[],
  facts: Facts,
  zones: Zones = intlZones,
): Promise<CompiledTriggers | null> {
  const named = String(facts['timezone'] ?? '');
  const { triggers, checks } = await readTriggers(documents, zones.isZone(named) ? named : defaultZone, zones);
  if (checks.problems.length > 0) throw errorOf('document_invalid', checks.problems);
  return triggers;
}

/**
 * Refuses what no host could evaluate: an unknown metric, an impossible cron pattern, a zone that does not exist, a condition that is
 * ill-typed. What a template decides is checked on the host.
 *
 * Throws: `document_invalid` with every problem found.
 */
export async function checkPersona({ own, ancestors }: ResolvedPersona): Promise<void> {
  const documents = [...ancestors, own];
  const { checks } = await readTriggers(documents, defaultZone, intlZones);
  checkMonitoring(documents, checks);
  if (checks.problems.length > 0) throw errorOf('document_invalid', checks.problems);
}

async function readTriggers(documents: readonly LocatedDocument[], hostZone: string, zones: Zones) {
  const said = effectiveTriggers(documents);
  const { activation, deactivation } = said;
  const checks = new DocumentChecks(definedMetrics(documents));
  if (deactivation !== null && activation === null) {
    checks.report(
      deactivation.in,
      'deactivation_triggers',
      'must stand beside "activation_triggers", without which a persona is always active',
    );
  }
  const conditions = await conditionsFor([activation, deactivation]);
  const read = (tree: Said<Tree>, path: string, eventsNeedEnd: boolean) =>
    new TriggerReader(tree.in, { checks, hostZone, zones, conditions, eventsNeedEnd }).read(tree, path);
  const come = activation === null ? null : read(activation, 'activation_triggers', deactivation === null);
  const go = deactivation === null ? null : read(deactivation, 'deactivation_triggers', false);
  if (activation !== null) refuseTooMany([come, go], activation, checks);
  const isComplete = come !== null && (deactivation === null) === (go === null);
  return { checks, triggers: isComplete ? compiled(come, go, said, hostZone) : null };
}

type Tree = NonNullable<EffectiveTriggers['activation']>['value'];

/** The language is as large as the rest of the program. */
async function conditionsFor(trees: readonly (Said<Tree> | null)[]): Promise<ConditionLanguage | null> {
  const isNeeded = trees.some((tree) => tree !== null && hasCondition(tree.value));
  return isNeeded ? import('./condition.ts') : null;
}

function compiled(
  activation: TriggerNode,
  deactivation: TriggerNode | null,
  said: EffectiveTriggers,
  hostZone: string,
): CompiledTriggers {
  const { cooldown, minActive, maxSwitchesPerHour } = said;
  const text = [
    said.activation?.value ?? null,
    said.deactivation?.value ?? null,
    cooldown,
    minActive,
    maxSwitchesPerHour,
    hostZone,
  ];
  return {
    key: digestOfJson(text as Json),
    activation,
    deactivation,
    cooldownMs: cooldown === null ? 0 : durationMs(cooldown),
    minActiveMs: minActive === null ? 0 : durationMs(minActive),
    maxSwitchesPerHour: maxSwitchesPerHour ?? Number.POSITIVE_INFINITY,
  };
}

function refuseTooMany(trees: readonly (TriggerNode | null)[], activation: Said<Tree>, checks: DocumentChecks): void {
  const count = trees.reduce((sum, tree) => sum + (tree === null ? 0 : leavesOf(tree).length), 0);
  if (count <= limits.triggerLeaves) return;
  checks.report(
    activation.in,
    'activation_triggers',
    `must have at most ${limits.triggerLeaves} triggers, with "deactivation_triggers", and has ${count}`,
  );
}
