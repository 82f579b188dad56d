/** When a persona comes and goes. The leaves stay loose here: what each may hold is the triggers' own business. */
import { z } from 'zod';

export interface Trigger {
  readonly any?: readonly Trigger[] | undefined;
  readonly all?: readonly Trigger[] | undefined;
  readonly not?: Trigger | undefined;
  readonly time_schedule?: TriggerLeaf | undefined;
  readonly resource_utilization_thresholds?: TriggerLeaf | undefined;
  readonly external_event_subscriptions?: TriggerLeaf | undefined;
  readonly user_profile_association?: TriggerLeaf | undefined;
}

type TriggerLeaf = { readonly [key: string]: unknown };

const leaf = z.record(z.string(), z.unknown());

const trigger: z.ZodType<Trigger> = z
  .strictObject({
    get any() {
      return z.array(trigger).min(1).max(100).optional();
    },
    get all() {
      return z.array(trigger).min(1).max(100).optional();
    },
    get not() {
      return trigger.optional();
    },
    time_schedule: leaf.optional(),
    resource_utilization_thresholds: leaf.optional(),
    external_event_subscriptions: leaf.optional(),
    user_profile_association: leaf.optional(),
  })
  .superRefine((node, context) => {
    if (Object.keys(node).length === 1) return;
    context.addIssue({ code: 'custom', path: [], message: 'must have exactly one key: any, all, not or one trigger' });
  });

export const triggerFields = {
  activation_triggers: trigger.optional().describe('The persona is active while this holds.'),
  deactivation_triggers: trigger.optional().describe('The persona leaves when this holds.'),
};
