/** Who is logged in, kept until the kernel tells of a change or it is `limits.loginsPeriodMs` old. */
import { limits } from '@guise/model';
import { type Logins, readLogins, sessionsDirectory } from './logins.ts';
import { DirectoryWatch } from './watch-directories.ts';

const watched = new Map([
  [sessionsDirectory, null],
  ['/run', new Set(['utmp'])],
  ['/etc', new Set(['passwd', 'group'])],
]);

export class LoginWatch {
  readonly #watch: DirectoryWatch;
  readonly #steadyMs: () => number;
  #known: { readonly logins: Logins | null; readonly atMs: number } | null = null;

  /** `steadyMs` never jumps. */
  constructor(steadyMs: () => number, onChange: () => void) {
    this.#steadyMs = steadyMs;
    this.#watch = new DirectoryWatch(() => {
      this.#known = null;
      onChange();
    });
  }

  /** Null: unknown. */
  current(): Logins | null {
    const nowMs = this.#steadyMs();
    if (this.#known === null || nowMs - this.#known.atMs >= limits.loginsPeriodMs) {
      // Watching comes first: what changes after the look is then told. logind may not have been there the last time.
      this.#watch.set(watched);
      this.#known = { logins: readLogins(), atMs: nowMs };
    }
    return this.#known.logins;
  }

  close(): void {
    this.#watch.close();
  }
}
