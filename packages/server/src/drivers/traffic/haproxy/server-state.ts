/**
 * Reads what haproxy says of one server of a backend.
 *
 * Columns are found by their names, since versions add some; what is missing or no number is refused rather than guessed.
 * Throws: `traffic_failed` for what is not such an answer.
 * Source: HAProxy management guide, 9.3 "show servers state", and 9.1 "CSV format".
 */
import { GuiseError } from '@guise/model';

export interface HaproxyServer {
  /** What people or we asked of it: `ready`, `drain` or `maint`. */
  readonly admin: 'ready' | 'drain' | 'maint';
  /** Whether haproxy holds it for able to take requests. */
  readonly isUp: boolean;
  readonly isChecked: boolean;
}

/** Bits of srv_admin_state and srv_check_state. */
const maintenance = 0x01 | 0x02 | 0x20 | 0x40;
const draining = 0x08 | 0x10;
const checkConfigured = 0x02;
const checkEnabled = 0x04;
/** Values of srv_op_state. */
const starting = 1;
const running = 2;

/** From `show servers state BACKEND`; null for a server that is not in it. */
export function parseServersState(text: string, server: string): HaproxyServer | null {
  const [version, headings, ...lines] = text.split('\n');
  if (version !== '1' || headings === undefined || !headings.startsWith('# ')) throw unreadable(text);
  const columns = headings.slice(2).split(' ');
  const at = (name: string) => {
    const index = columns.indexOf(name);
    if (index < 0) throw unreadable(headings);
    return index;
  };
  const row = lines.map((line) => line.split(' ')).find((each) => each[at('srv_name')] === server);
  if (row === undefined) return null;
  const [admin, operation, check] = ['srv_admin_state', 'srv_op_state', 'srv_check_state'].map((name) =>
    numberIn(row[at(name)]),
  ) as [number, number, number];
  return {
    admin: (admin & maintenance) > 0 ? 'maint' : (admin & draining) > 0 ? 'drain' : 'ready',
    isUp: operation === running || operation === starting,
    isChecked: (check & checkConfigured) > 0 && (check & checkEnabled) > 0,
  };
}

/** From `show stat BACKEND 4 -1`: sessions that it has, and requests that wait for it. */
export function parseUnderWay(text: string, server: string): number {
  const [headings = '', ...lines] = text.split('\n');
  if (!headings.startsWith('# pxname,svname,')) throw unreadable(text);
  const columns = headings.slice(2).split(',');
  const row = lines.map((line) => line.split(',')).find((each) => each[1] === server);
  if (row === undefined) throw unreadable(text);
  return numberIn(row[columns.indexOf('scur')]) + numberIn(row[columns.indexOf('qcur')]);
}

function numberIn(text: string | undefined): number {
  if (text !== undefined && /^\d{1,12}$/.test(text)) return Number(text);
  throw unreadable(text ?? '');
}

function unreadable(text: string): GuiseError {
  return new GuiseError('traffic_failed', `Cannot read what haproxy says: ${JSON.stringify(text.slice(0, 200))}`);
}
