/** `tests` and `health_checks` → probes. A health check is asked every 2 s and fails after 3 refusals, unless it says otherwise. */
import type { PersonaDocument, Probe } from '@guise/model';
import { limits } from '@guise/model';
import type { ClaimSink } from '../claim-sink.ts';

const everyMsByDefault = 2_000;
const failAfterByDefault = 3;

export function testsOf({ tests }: PersonaDocument, sink: ClaimSink): readonly Probe[] {
  return (tests ?? []).map(({ name, command, timeout }, index) => {
    const timeoutMs = sink.duration(timeout, limits.testTimeoutMs, `tests.${index}.timeout`);
    return { type: 'command', name, command, timeoutMs, everyMs: 0, failAfter: 1 };
  });
}

export function healthChecksOf({ health_checks: checks }: PersonaDocument, sink: ClaimSink): readonly Probe[] {
  return (checks ?? []).flatMap((check, index): readonly Probe[] => {
    const everyMs = sink.duration(check.every, everyMsByDefault, `health_checks.${index}.every`);
    const failAfter = check.fail_after ?? failAfterByDefault;
    const name = check.name ?? check.http ?? check.tcp ?? (check.command ?? []).join(' ');
    if (check.http !== undefined) return [{ type: 'http', name, url: check.http, everyMs, failAfter }];
    if (check.tcp !== undefined) return [{ type: 'tcp', name, ...hostAndPort(check.tcp), everyMs, failAfter }];
    const command = check.command ?? [];
    return [{ type: 'command', name, command, timeoutMs: limits.healthCheckTimeoutMs, everyMs, failAfter }];
  });
}

/** `[::1]:5432` → `::1`, 5432. */
function hostAndPort(text: string): { readonly host: string; readonly port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(colon + 1)) };
}
