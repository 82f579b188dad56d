/** Why an address is as it is: for each field the winner, where it says so, who lost, and what leaving would change; and why each persona is active. */
import type { WhyClaim, WhyField, WhyLayer, WhyReport } from '@guise/model';
import type { Terminal } from '../terminal.ts';
import { decisionText } from './candidates.ts';
import { printable, valueText } from './text.ts';

export function whyLines(report: WhyReport, { style }: Pick<Terminal, 'style'>): readonly string[] {
  const head = style.heading(printable(report.address));
  if (!report.managed) return [head, '  no active persona says anything about it', ...liveLines(report)];
  return [head, ...report.fields.flatMap((field) => fieldLines(field, report, style)), ...report.layers.map(layerLine)];
}

function layerLine({ instance, decided_by, reason, since, assigned_by, signature }: WhyLayer): string {
  const why = decisionText(decided_by, reason);
  const allowed =
    signature === undefined ? '' : `; signed by ${signature.signers.join(', ')} until ${signature.expires_at}`;
  return `  ${printable(`${instance} is active since ${since}, ${why}; assigned by ${assigned_by}${allowed}`)}`;
}

function liveLines({ live }: WhyReport): readonly string[] {
  const told = Object.entries(live).filter(([, value]) => value !== null);
  return told.length === 0
    ? ['  and it is not there']
    : told.map(([field, value]) => `  ${field}: ${valueText(value)}`);
}

function fieldLines(field: WhyField, report: WhyReport, style: Terminal['style']): readonly string[] {
  const live = report.live[field.field];
  const isDrift = live !== undefined && JSON.stringify(live) !== JSON.stringify(field.value);
  return [
    `  ${style.heading(field.field)} = ${valueText(field.value)}`,
    `    ${winnerText(field)}`,
    ...field.because.map((claim) => `    ${style.added('+')} ${claimText(claim)} ${style.location(whereText(claim))}`),
    ...field.losers.map((claim) => `    ${style.removed('-')} ${claimText(claim)} ${style.location(whereText(claim))}`),
    ...(field.winner === 'baseline' ? [] : [`    before guise: ${valueText(field.baseline)}`]),
    ...Object.entries(field.without).map(([instance, value]) => `    without ${instance}: ${valueText(value)}`),
    ...(isDrift ? [`    ${style.changed(`live now: ${valueText(live)}, changed by somebody else`)}`] : []),
  ];
}

function winnerText({ winner }: WhyField): string {
  if (winner === 'baseline') return 'as it was before guise: no persona says anything about this field';
  if (winner === 'default') return 'the default: no persona says anything about this field';
  return `${winner} decides`;
}

function claimText({ instance, persona_id, version, priority, says, assigned_by }: WhyClaim): string {
  const name = version === null ? persona_id : `${persona_id}@${version}`;
  const as = instance === persona_id ? '' : ` as ${instance}`;
  return `${printable(`${name}${as}`)} says ${valueText(says)} (priority ${priority}, assigned by ${printable(assigned_by)})`;
}

function whereText({ file, line, column, path }: WhyClaim): string {
  return printable(`${file}:${line}:${column} ${path}`);
}
