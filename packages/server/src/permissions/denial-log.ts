/**
 * Tells the audit of denials, without letting whoever is denied fill it.
 *
 * The first of a kind is told at once; the same again within `limits.denialPeriodMs` is counted, and told with its number at the end
 * of that time, as are all beyond `limits.denialsPerPrincipal` different ones together.
 */
import { limits } from '@guise/model';
import type { AuditRecord } from '../store/audit.ts';
import type { NotPermitted } from './not-permitted.ts';
import { auditNameOf } from './resource.ts';

type Tell = (actor: string, record: AuditRecord) => Promise<void>;

interface Counted {
  readonly action: string;
  readonly resource: string;
  /** After the one that was told. */
  again: number;
}

const others = 'others';

export class DenialLog {
  readonly #tell: Tell;
  readonly #byActor = new Map<string, Map<string, Counted>>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  async record(actor: string, denial: NotPermitted): Promise<void> {
    const { action } = denial;
    const resource = auditNameOf(denial.resource);
    const kinds = this.#kindsOf(actor);
    const key = `${action} ${resource}`;
    const known = kinds.get(key) ?? (kinds.size < limits.denialsPerPrincipal ? null : kinds.get(others));
    if (known !== null && known !== undefined) {
      known.again += 1;
    } else if (known === undefined) {
      kinds.set(others, { action: 'several', resource: 'several', again: 1 });
    } else {
      kinds.set(key, { action, resource, again: 0 });
      await this.#tell(actor, { action, resource, outcome: 'denied', detail: { denied: denial.message } });
    }
  }

  /** Called once a period, and at the end. */
  async flush(): Promise<void> {
    const counted = [...this.#byActor];
    this.#byActor.clear();
    for (const [actor, kinds] of counted) {
      for (const { action, resource, again } of kinds.values()) {
        if (again > 0)
          await this.#tell(actor, { action, resource, outcome: 'denied', detail: { denied_again: again } });
      }
    }
  }

  /** Past the bound, those who come share one count. */
  #kindsOf(actor: string): Map<string, Counted> {
    const name = this.#byActor.has(actor) || this.#byActor.size < limits.denialPrincipals ? actor : others;
    const known = this.#byActor.get(name) ?? new Map<string, Counted>();
    this.#byActor.set(name, known);
    return known;
  }
}
