/** What the agent's socket answers, as data: `METHOD path` → what to do. */
import { planReportOf } from '@guise/api/reports';
import type { Layer } from '@guise/model';
import { GuiseError, layerOf, limits, parseAddress } from '@guise/model';
import { z } from 'zod';
import type { Engine, Outcome } from '../engine/engine.ts';
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

const applyBody = z.strictObject({
  instance: z.string().nullable().default(null),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  /** Makes it the only active persona instead of one more. */
  only: z.boolean().default(false),
});
const activeBody = z.strictObject({
  files: z.array(z.string().startsWith('/', 'must be an absolute path')).max(limits.layersPerHost),
});
const rollbackBody = z.strictObject({ to: z.enum(['previous', 'baseline']).default('baseline') });

export interface LocalRouteOptions {
  readonly engine: Engine;
  readonly findPersona: FindPersona;
  readonly personas: RememberedPersonas;
}

export function localRoutes({ engine, findPersona, personas }: LocalRouteOptions): LocalRoutes {
  return {
    'GET personas active': async () => engine.active().map(({ persona: _persona, ...layer }) => layer),
    /** What `guise apply --yes FILE…` asks of a resident agent: exactly these files become the active set. */
    'PUT personas active': async ({ body }) => {
      const { files } = checked(activeBody, body);
      const resolved = await Promise.all(files.map((file) => personas.resolve(file)));
      return answerOf(await engine.apply(resolved.map((persona) => layerOf(persona, { assignedBy: 'local' }))));
    },
    'POST personas apply': async ({ id, body }) => {
      const { instance, parameters, only } = checked(applyBody, body);
      const layer = await findPersona(id, { instance, parameters });
      const others = only ? [] : engine.active().filter((active) => active.instance !== layer.instance);
      return answerOf(await engine.apply([...others, layer]));
    },
    'POST personas rollback': async ({ body }) => answerOf(await engine.rollback(checked(rollbackBody, body).to)),
    'GET state': () => engine.state(),
    'GET drift': () => engine.drift(),
    'GET history': async () => engine.history(),
    'GET why': ({ query }) => engine.why(parseAddress(query.get('address') ?? '')),
    'GET metrics': async () => metricsText(engine),
  };
}

function answerOf(outcome: Outcome): unknown {
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
