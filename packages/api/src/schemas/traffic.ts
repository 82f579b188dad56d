/** What sends requests to hosts: which system, where it is, and which hosts it serves. Keys travel one way: in. */
import { z } from 'zod';
import { hostId, name, time } from './ids.ts';

export const trafficName = name;

const placeholder = '{host_id}';
const haproxyName = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,128}$/, 'must be letters, digits, "_", ".", ":" or "-", at most 128');
const domain = z
  .string()
  .max(253)
  .regex(/^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/, 'must be a lower-case domain name');

const haproxySettings = z
  .strictObject({
    /** Its runtime API, of level admin. */
    endpoint: z
      .string()
      .max(512)
      .regex(
        /^(unix:\/[^\0\n]+|tcp:([A-Za-z0-9.-]+|\[[0-9a-f:.]+\]):\d{1,5})$/,
        'must be unix:/PATH or tcp:HOST:PORT, such as unix:/run/haproxy/admin.sock',
      ),
    backend: haproxyName,
    /** What a host is called there. */
    server: z
      .string()
      .regex(
        /^[A-Za-z0-9_.:-]{0,64}\{host_id\}[A-Za-z0-9_.:-]{0,64}$/,
        `must be a server's name with ${placeholder} in it`,
      )
      .default(placeholder),
  })
  .meta({ id: 'HaproxySettings' });

const dnsSettings = z
  .strictObject({
    /** The primary server of the zone. */
    server: z
      .string()
      .max(300)
      .regex(/^([A-Za-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/, 'must be HOST or HOST:PORT'),
    zone: domain,
    /** The name that clients ask for; each of its addresses is a host's. */
    name: domain,
    /** The name of one host, of which it has its addresses. */
    host: z
      .string()
      .max(253)
      .regex(/^[a-z0-9_.-]*\{host_id\}[a-z0-9_.-]*$/, `must be a domain name with ${placeholder} in it`),
    /** Of the records that a restored host gets, when the name has none. */
    ttl_s: z.int().min(1).max(86_400).default(30),
    /** Also the last address may go, after which the name leads nowhere. */
    allow_empty: z.boolean().default(false),
    /** Of the TSIG key, which is hmac-sha256. */
    key_name: domain,
  })
  .meta({ id: 'DnsSettings' });

export type HaproxySettings = z.output<typeof haproxySettings>;
export type DnsSettings = z.output<typeof dnsSettings>;

/** A tag selector, such as `role=web`. */
const hosts = z.string().min(1).max(4096);

/** 16 to 64 bytes. Source: RFC 8945, 10; RFC 2104, 3. */
const tsigSecret = z
  .base64('must be base64')
  .refine((text) => text.length >= 24 && text.length <= 88, 'must be 16 to 64 bytes as base64');

export const trafficWrite = z
  .discriminatedUnion('driver', [
    z.strictObject({ driver: z.literal('haproxy'), hosts, settings: haproxySettings }),
    z.strictObject({
      driver: z.literal('dns'),
      hosts,
      settings: dnsSettings,
      /** Left out, the one that it has stays. */
      tsig_secret: tsigSecret.optional(),
    }),
  ])
  .meta({ id: 'TrafficWrite' });

export type TrafficWrite = z.output<typeof trafficWrite>;

export const trafficState = z
  .object({
    /** Whether new requests go to the host. */
    is_serving: z.boolean(),
    /** Null where it cannot be known. */
    under_way: z.int().min(0).nullable(),
  })
  .meta({ id: 'TrafficState' });

export const trafficSummary = z
  .object({
    name: trafficName,
    hosts,
    updated_at: time,
    updated_by: z.string(),
    /** Null when it was not asked for. Of a host whose state cannot be told, the reason. */
    live: z
      .array(z.object({ host_id: hostId, state: trafficState.nullable(), failed: z.string().nullable() }))
      .nullable(),
  })
  .and(
    z.discriminatedUnion('driver', [
      z.object({ driver: z.literal('haproxy'), settings: haproxySettings }),
      z.object({ driver: z.literal('dns'), settings: dnsSettings }),
    ]),
  )
  .meta({ id: 'Traffic' });

export const trafficTurn = z
  .strictObject({
    /** Such as `30s`. */
    deadline: z
      .string()
      .regex(/^\d{1,9}(ms|s|m)$/, 'must be a number and ms, s or m, such as "30s"')
      .default('30s'),
  })
  .meta({ id: 'TrafficTurn' });
