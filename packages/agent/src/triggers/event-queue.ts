/** Events that wait for the next evaluation, at most `limits.eventsWaiting`; what comes beyond is counted and dropped. */
import type { CloudEvent } from '@guise/model';
import { limits } from '@guise/model';

export class EventQueue {
  readonly #report: (line: string) => void;
  #waiting: CloudEvent[] = [];
  #dropped = 0;

  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  /** Since the agent's start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** False when it is dropped. */
  add(event: CloudEvent): boolean {
    if (this.#waiting.length < limits.eventsWaiting) {
      this.#waiting.push(event);
      return true;
    }
    if (this.#dropped === 0)
      this.#report(`more than ${limits.eventsWaiting} events wait to be looked at; those beyond are dropped`);
    this.#dropped += 1;
    return false;
  }

  take(): readonly CloudEvent[] {
    const events = this.#waiting;
    this.#waiting = [];
    return events;
  }
}
