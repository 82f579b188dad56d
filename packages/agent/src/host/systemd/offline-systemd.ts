/** The systemd of an offline root: there is none. */
import { GuiseError } from '@guise/model';
import type { Systemd } from './port.ts';

export function offlineSystemd(root: string): Systemd {
  const refuse = async (): Promise<never> => {
    throw new GuiseError('kind_refused', `Cannot ask systemd for ${root}: nothing runs in an offline root`);
  };
  return {
    report: refuse,
    origins: refuse,
    deaths: refuse,
    run: refuse,
    setFiles: refuse,
    resetFailed: refuse,
    reload: refuse,
  };
}
