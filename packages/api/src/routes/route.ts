/**
 * A route as data: what it is called, who may (its Cedar action, and on what), what goes in and what comes out.
 *
 * The server binds handlers to these, the client is derived from them, and `/openapi.json` is generated from them, so none of
 * the three can disagree with another. Paths are OpenAPI's (`/hosts/{host_id}`).
 */
import type { z } from 'zod';
import type { Action } from './action.ts';
import type { ResourceRule } from './resource.ts';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: `/${string}`;
  readonly action: Action;
  readonly resource: ResourceRule;
  readonly summary: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** The body is one CloudEvent or several, in any of their three HTTP modes, instead of plain JSON. */
  readonly events?: true;
  /** Nothing of the body may be told back, also not in a refusal. */
  readonly secretBody?: true;
  /** Default: `limits.requestBodyBytes`. */
  readonly bodyBytes?: number;
  /** JSON of this shape, no content, another place to go to, or a stream of this media type. */
  readonly response: z.ZodType | 'none' | 'redirect' | 'text/event-stream' | 'text/plain';
  /** Success statuses; the first is the usual one. */
  readonly statuses: readonly [number, ...number[]];
  /** The one exception to "an anonymous request gets 401". */
  readonly anonymous?: true;
}

type PartIn<R, Key extends string> = R extends { readonly [K in Key]: infer S extends z.ZodType }
  ? Record<never, never> extends z.input<S>
    ? { readonly [K in Key]?: z.input<S> }
    : { readonly [K in Key]: z.input<S> }
  : unknown;
type PartOut<R, Key extends string> = R extends { readonly [K in Key]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;

/** What a caller passes. */
export type RequestOf<R extends Route> = PartIn<R, 'params'> & PartIn<R, 'query'> & PartIn<R, 'body'>;

/** What a handler receives, checked and with defaults. */
export interface CallOf<R extends Route> {
  readonly params: PartOut<R, 'params'>;
  readonly query: PartOut<R, 'query'>;
  readonly body: PartOut<R, 'body'>;
}

export type ResponseOf<R extends Route> = R['response'] extends infer S extends z.ZodType ? z.output<S> : undefined;
