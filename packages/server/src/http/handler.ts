/** What answers a route: the checked call and who makes it → the body. A route without a handler does not compile. */

import type { Readable } from 'node:stream';
import type { CallOf, ResponseOf, RouteName, Routes } from '@guise/api';
import type { Json } from '@guise/model';
import type { Caller } from '../app/caller.ts';

export interface CallContext {
  readonly caller: Caller;
  /** For the routes with more than one success status. */
  readonly setStatus: (status: number) => void;
  readonly cookie: (name: string) => string | null;
  readonly setCookie: (cookie: string) => void;
}

/** Open-ended JSON is readonly already, and endless. */
type DeepReadonly<Value> = [Json] extends [Value]
  ? Value
  : Value extends (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
      : Value;

type Answer<Name extends RouteName> = Routes[Name]['response'] extends 'text/event-stream'
  ? Promise<Readable>
  : Routes[Name]['response'] extends 'text/plain' | 'redirect'
    ? Promise<string>
    : Routes[Name]['response'] extends 'none'
      ? Promise<void>
      : Promise<DeepReadonly<ResponseOf<Routes[Name]>>>;

export type Handlers = {
  readonly [Name in RouteName]: (call: CallOf<Routes[Name]> & CallContext) => Answer<Name>;
};
