/** A plan for people: which personas come and go, what changes on the host, what is in dispute. */
import type { PlanReport } from '@guise/api';
import type { Conflict, LayerRef, ReportedChange } from '@guise/model';
import type { Terminal } from '../terminal.ts';
import { type ContentOf, changeLines, changeSummary } from './changes.ts';
import { printable, shortDigest } from './text.ts';

/** What a plan of this machine and one that the control plane tells of have in common. */
export interface ShownPlan {
  readonly hash: string;
  readonly layersBefore: readonly LayerRef[];
  readonly layersAfter: readonly LayerRef[];
  readonly changes: readonly ReportedChange[];
  readonly conflicts: readonly Conflict[];
  readonly warnings: readonly string[];
}

/** A plan as the control plane or the agent reports it. */
export function shownPlanOf({ hash, layers_before, layers_after, stages, conflicts, warnings }: PlanReport): ShownPlan {
  const changes = stages.flatMap((stage) => stage.changes);
  return { hash, layersBefore: layers_before, layersAfter: layers_after, changes, conflicts, warnings };
}

export function planLines(
  plan: ShownPlan,
  contentOf: ContentOf,
  terminal: Pick<Terminal, 'columns' | 'style'>,
): readonly string[] {
  const { style } = terminal;
  const layers = layerLines(plan.layersBefore, plan.layersAfter, terminal);
  return [
    style.heading('Personas'),
    ...(layers.length > 0 ? layers : [style.quiet('  none')]),
    style.heading('Changes'),
    ...(plan.changes.length > 0
      ? changeLines(plan.changes, contentOf, terminal)
      : [style.quiet('  none: the host is as the personas say')]),
    ...conflictLines(plan.conflicts, terminal),
    ...plan.warnings.map((warning) => style.changed(`  ! ${printable(warning)}`)),
    style.quiet([changeSummary(plan.changes) || 'nothing to do', `plan ${shortDigest(plan.hash)}`].join(' · ')),
  ];
}

/** `web@3 as shop, priority 50`. */
export function layerText({ instance, persona_id, version, priority }: LayerRef): string {
  const name = version === null ? persona_id : `${persona_id}@${version}`;
  return printable(`${name}${instance === persona_id ? '' : ` as ${instance}`}, priority ${priority}`);
}

/** `+` for layers that come, `-` for those that go, `~` for those that change and a blank for those that stay. */
function layerLines(
  before: readonly LayerRef[],
  after: readonly LayerRef[],
  { style }: Pick<Terminal, 'style'>,
): readonly string[] {
  const gone = before.filter(({ instance }) => !after.some((layer) => layer.instance === instance));
  return [
    ...gone.map((layer) => style.removed(`  - ${layerText(layer)}`)),
    ...after.map((layer) => {
      const was = before.find(({ instance }) => instance === layer.instance);
      if (was === undefined) return style.added(`  + ${layerText(layer)}`);
      if (layerText(was) === layerText(layer)) return `    ${layerText(layer)}`;
      return style.changed(`  ~ ${layerText(was)} → ${layerText(layer)}`);
    }),
  ];
}

function conflictLines(conflicts: readonly Conflict[], { style }: Pick<Terminal, 'style'>): readonly string[] {
  if (conflicts.length === 0) return [];
  return [
    style.heading('Conflicts'),
    ...conflicts.map(({ address, field, winner, losers }) =>
      style.changed(
        `  ! ${printable(address)} ${field}: ${winner.instance} wins over ${losers.map(({ instance }) => instance).join(', ')} by name alone; give one a higher priority`,
      ),
    ),
  ];
}
