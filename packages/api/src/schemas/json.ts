/** Open-ended values inside otherwise closed shapes. */
import type { Json } from '@guise/model';
import { z } from 'zod';

/** Arrived as JSON, so it is JSON; nothing below this point is looked at twice. */
export const json = z.unknown() as unknown as z.ZodType<Json, Json>;
export const state = z.record(z.string(), json);
export const facts = z.record(z.string().max(128), z.union([z.string().max(4096), z.number()]));
export const parameters = z.record(z.string().max(128), z.union([z.string(), z.number(), z.boolean()]));
