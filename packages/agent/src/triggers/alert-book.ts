/**
 * The alerts of one host: each lasts from its first instant until its cause is gone, and a cleared one is told once more.
 *
 * Of `limits.alertsPerHost` that may be told at once, half may last, and half may have ended and not been told yet. Beyond, one
 * alert says that there are more.
 */
import type { AlertReport } from '@guise/model';
import { limits } from '@guise/model';

export type Alert = Pick<AlertReport, 'key' | 'type' | 'severity' | 'instance' | 'message'>;

const lastingMax = Math.floor(limits.alertsPerHost / 2);
const endedMax = limits.alertsPerHost - lastingMax - 1;
const keyChars = 512;
const messageChars = 4096;
const severityChars = 64;
const overflow: Alert = {
  key: 'alerts',
  type: 'metric',
  severity: 'warning',
  instance: null,
  message: `This host has more than ${lastingMax} alerts; the later ones are not shown`,
};

export class AlertBook {
  readonly #lasting = new Map<string, AlertReport>();
  readonly #nowMs: () => number;
  readonly #onChange: () => void;
  /** Ended, and not told yet. */
  #ended: AlertReport[] = [];

  constructor(nowMs: () => number, onChange: () => void) {
    this.#nowMs = nowMs;
    this.#onChange = onChange;
  }

  /** The same key again changes the words, not the instant. */
  raise(alert: Alert): void {
    const key = alert.key.slice(0, keyChars);
    const known = this.#lasting.get(key);
    if (known?.message === alert.message.slice(0, messageChars)) return;
    if (known === undefined && this.#lasting.size >= lastingMax) {
      if (!this.#lasting.has(overflow.key)) this.#put(overflow);
      return;
    }
    this.#put({ ...alert, key });
  }

  clear(key: string): void {
    const alert = this.#lasting.get(key.slice(0, keyChars));
    if (alert === undefined) return;
    this.#lasting.delete(alert.key);
    this.#ended.push({ ...alert, cleared_at: this.#now() });
    if (this.#ended.length > endedMax) this.#ended.shift();
    if (this.#lasting.size < lastingMax && alert.key !== overflow.key) this.clear(overflow.key);
    this.#onChange();
  }

  /** Ends every alert whose key begins so and is not among these. */
  clearOthers(prefix: string, stays: (key: string) => boolean): void {
    for (const key of this.#lasting.keys()) if (key.startsWith(prefix) && !stays(key)) this.clear(key);
  }

  has(key: string): boolean {
    return this.#lasting.has(key.slice(0, keyChars));
  }

  lasting(): readonly AlertReport[] {
    return [...this.#lasting.values()];
  }

  /** All that last and those that ended since the last telling; `told` forgets the latter. */
  toTell(): { readonly alerts: readonly AlertReport[]; readonly told: () => void } {
    const ended = this.#ended;
    return {
      alerts: [...ended, ...this.#lasting.values()],
      told: () => {
        this.#ended = this.#ended.filter((alert) => !ended.includes(alert));
      },
    };
  }

  #put(alert: Alert): void {
    this.#lasting.set(alert.key, {
      ...alert,
      severity: alert.severity.slice(0, severityChars),
      message: alert.message.slice(0, messageChars),
      raised_at: this.#lasting.get(alert.key)?.raised_at ?? this.#now(),
      cleared_at: null,
    });
    this.#onChange();
  }

  #now(): string {
    return new Date(this.#nowMs()).toISOString();
  }
}
