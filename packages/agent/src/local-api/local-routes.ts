/** What the agent's socket answers, as data: `METHOD path` → what to do. */
import { cloudEvent } from '@guise/api/agent-wire';
import { planReportOf } from '@guise/api/reports';
import type { Layer } from '@guise/model';
import { durationMs, GuiseError, layerOf, limits, parseAddress } from '@guise/model';
import { z } from 'zod';
import type { Engine, Outcome } from '../engine/engine.ts';
import type { LinkClock } from '../link/clock.ts';
import { applyByHand, type ByHand, rollbackByHand } from '../triggers/by-hand.ts';
import type { Conductor } from '../triggers/conductor.ts';
import { candidateReportOf } from '../triggers/decide-active.ts';
import { whyWithLayers } from '../triggers/why-layers.ts';
import { metricsText } from './metrics-text.ts';
import type { RememberedPersonas } from './remembered-personas.ts';

export interface LocalRequest {
  /** What follows the verb in the path. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export type LocalRoutes = { readonly [route: string]: (request: LocalRequest) => Promise<unknown> };

/** Finds a persona that this host knows by id: in its own library, or among what the control plane last sent. */
export type FindPersona = (
  personaId: string,
  options: { instance: string | null; parameters: Layer['parameters'] },
) => Promise<Layer>;

const byHand = {
  /** How long it outranks triggers, such as `2h`. */
  for: z.string().optional(),
  reason: z.string().min(1).max(1024).default('by hand'),
};
const applyBody = z.strictObject({
  instance: z.string().nullable().default(null),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  /** Makes it the only active persona instead of one more. */
  only: z.boolean().default(false),
  ...byHand,
});
const activeBody = z.strictObject({
  files: z.array(z.string().startsWith('/', 'must be an absolute path')).max(limits.layersPerHost),
});
const rollbackBody = z.strictObject({ to: z.enum(['previous', 'baseline']).default('baseline'), ...byHand });

export interface LocalRouteOptions {
  readonly engine: Engine;
  readonly conductor: Conductor;
  readonly findPersona: FindPersona;
  readonly personas: RememberedPersonas;
  readonly stateDirectory: string;
  readonly clock: LinkClock;
  /** Unguessable text. */
  readonly makeToken: () => string;
}

export function localRoutes(options: LocalRouteOptions): LocalRoutes {
  const { engine, conductor, findPersona, personas, stateDirectory, clock, makeToken } = options;
  const handOf = (body: { readonly for?: string | undefined; readonly reason: string }): ByHand => ({
    forMs: body.for === undefined ? null : durationMs(body.for),
    reason: body.reason,
    nowMs: clock.nowMs(),
    makeId: makeToken,
  });
  return {
    'GET personas active': async () => activeLayers(engine, conductor),
    /** What `guise apply --yes FILE…` asks of a resident agent: exactly these files are declared. */
    'PUT personas active': async ({ body }) => {
      const { files } = checked(activeBody, body);
      const resolved = await Promise.all(files.map((file) => personas.resolve(file)));
      const layers = resolved.map((persona) => layerOf(persona, { assignedBy: 'local' }));
      return { ...answerOf(await conductor.declare(layers)), waiting: waiting(conductor) };
    },
    'POST personas apply': async ({ id, body }) => {
      const { instance, parameters, only, ...hand } = checked(applyBody, body);
      const layer = await findPersona(id, { instance, parameters });
      return answerOf(await applyByHand(conductor, layer, only, handOf(hand)));
    },
    'POST personas rollback': async ({ body }) => {
      const { to, ...hand } = checked(rollbackBody, body);
      return answerOf(await rollbackByHand(conductor, to, handOf(hand)));
    },
    'POST events': async ({ body }) => {
      if (conductor.event(checked(cloudEvent, body))) return { accepted: true };
      throw new GuiseError('limit_exceeded', `Cannot take the event: ${limits.eventsWaiting} wait already`);
    },
    'GET holds': async () => conductor.holds(),
    'POST holds release': async ({ id }) => ({ released: conductor.release(id) }),
    'GET alerts': async () => conductor.alerts.lasting(),
    'GET state': async () => ({
      ...(await engine.state()),
      candidates: conductor.candidateReports(),
      holds: conductor.holds(),
      alerts: conductor.alerts.lasting(),
      audit: await rememberedHere(stateDirectory),
    }),
    'GET drift': () => engine.drift(),
    'GET history': async () => engine.history(),
    'GET why': async ({ query }) =>
      whyWithLayers(await engine.why(parseAddress(query.get('address') ?? '')), conductor.decisions),
    'GET metrics': async () => metricsText(engine, conductor),
  };
}

/** Each with who or what decided that it is active, and with the hold that did. */
function activeLayers(engine: Engine, conductor: Conductor): unknown {
  const decisions = new Map(conductor.decisions.map((decision) => [decision.layer.instance, decision] as const));
  return engine.active().map(({ persona: _persona, ...layer }) => {
    const decision = decisions.get(layer.instance);
    if (decision === undefined) return layer;
    const { decided_by, reason, since } = candidateReportOf(decision);
    return { ...layer, decided_by, reason, since, hold: decision.hold };
  });
}

/** Null where there is nothing to remember, or it cannot be read: the link says so in its own words. */
async function rememberedHere(stateDirectory: string): Promise<unknown> {
  const { rememberedCheckpoint } = await import('../trust/remembered-checkpoint.ts');
  try {
    return rememberedCheckpoint(stateDirectory);
  } catch (error) {
    if (error instanceof GuiseError) return null;
    throw error;
  }
}

/** Candidates that are not active, and why. */
function waiting(conductor: Conductor): readonly { readonly instance: string; readonly reason: string }[] {
  return conductor.candidateReports().flatMap(({ instance, active, reason }) => (active ? [] : [{ instance, reason }]));
}

function answerOf(outcome: Outcome): object {
  const { type, plan } = outcome;
  return { outcome: type, plan: planReportOf(plan), transaction: type === 'unchanged' ? null : outcome.transaction };
}

function checked<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new GuiseError(
    'argument_invalid',
    `Cannot use the request: ${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`,
  );
}
