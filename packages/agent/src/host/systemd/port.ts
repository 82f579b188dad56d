/** What the host port offers of systemd. Names are unit names with their suffix. */

export interface UnitReport {
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
}

/** From which files systemd has a unit. */
export interface UnitOrigin {
  /** True when one of those files has changed or gone; new drop-in directories are not noticed. */
  readonly needDaemonReload: boolean;
  readonly dropInPaths: readonly string[];
}

/** How a service last ended. */
export interface UnitDeath {
  readonly type: string;
  readonly result: string;
  readonly exitStatus: number;
}

export type UnitJobVerb = 'start' | 'stop' | 'restart' | 'reload-or-restart';
export type UnitFileVerb = 'enable' | 'disable' | 'mask' | 'unmask';

export interface UnitJob {
  readonly verb: UnitJobVerb;
  readonly unit: string;
}

/** Throws, all of them: `host_unavailable` without systemd, `command_timeout` past `limits.unitJobTimeoutMs`. */
export interface Systemd {
  report(units: readonly string[]): Promise<ReadonlyMap<string, UnitReport>>;
  /** Units that systemd has not read are left out: it reads their files when they are first wanted. */
  origins(units: readonly string[]): Promise<ReadonlyMap<string, UnitOrigin>>;
  /** Units that are no services are left out. */
  deaths(units: readonly string[]): Promise<ReadonlyMap<string, UnitDeath>>;
  /** Starts all jobs and waits until each has ended, well or not: `report` tells. Gives why a unit's job was not even begun. */
  run(jobs: readonly UnitJob[]): Promise<ReadonlyMap<string, string>>;
  /** Links only; systemd is not reloaded and System V scripts are not synchronised. Throws: `command_failed`. */
  setFiles(verb: UnitFileVerb, units: readonly string[]): Promise<void>;
  resetFailed(units: readonly string[]): Promise<void>;
  reload(): Promise<void>;
}
