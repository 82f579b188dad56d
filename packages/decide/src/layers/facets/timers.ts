/** `timers` → `timer`, with both of its unit files written here. Source: systemd.timer(5), systemd.service(5) "COMMAND LINES". */
import type { PersonaDocument } from '@guise/model';
import { addressOf } from '@guise/model';
import type { ClaimSink } from '../claim-sink.ts';

type TimerEntry = NonNullable<PersonaDocument['timers']>[string];

export function compileTimers({ timers }: PersonaDocument, sink: ClaimSink): void {
  for (const [name, entry] of Object.entries(timers ?? {})) {
    const address = addressOf('timer', name);
    const path = `timers.${name}`;
    const [program = ''] = entry.command;
    if (/^[-@:+!|]/.test(program) || program.trim() !== program) {
      // What would follow is another command: one that may fail, or one with all rights.
      sink.refuse(`${path}.command.0`, 'must name a program', 'it begins with a sign that systemd takes for itself');
      continue;
    }
    sink.set(address, 'timer_unit', sink.content(timerUnit(name, entry)), path);
    sink.set(address, 'service_unit', sink.content(serviceUnit(name, entry)), path);
    sink.set(address, 'state', 'running', path);
    sink.set(address, 'enabled', true, path);
  }
}

function timerUnit(name: string, { on_calendar, persistent }: TimerEntry): string {
  return `[Unit]
Description=${name}, by guise

[Timer]
OnCalendar=${on_calendar}
Persistent=${persistent === true}

[Install]
WantedBy=timers.target
`;
}

function serviceUnit(name: string, { command, user }: TimerEntry): string {
  return `[Unit]
Description=${name}, by guise

[Service]
Type=oneshot
${user === undefined ? '' : `User=${user}\n`}ExecStart=:${command.map(quoted).join(' ')}
`;
}

/** One word of a command line. The `:` before the first switches `$` off; `%` is the only other character that systemd expands. */
function quoted(word: string): string {
  if (/^[A-Za-z0-9_@+=:,./-]+$/.test(word)) return word;
  const escaped = word
    .replace(/[\\"]/g, '\\$&')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r')
    .replace(/\t/g, '\\t')
    .replace(/%/g, '%%');
  return `"${escaped}"`;
}
