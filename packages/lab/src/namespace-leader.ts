import { readFileSync } from 'node:fs';

/** Whether this process is the first one of a process namespace inside ours: `NSpid` ends with 1. */
export function leadsNamespace(pid: number): boolean {
  try {
    const ids = /^NSpid:\t(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]?.split('\t') ?? [];
    return ids.length > 1 && ids.at(-1) === '1';
  } catch {
    return false;
  }
}
