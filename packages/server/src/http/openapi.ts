/**
 * The OpenAPI 3.1 description, generated from the routes and their schemas.
 *
 * Schemas with an `id` become components; zod writes them as `$defs` of each schema that uses them, and here they are moved up.
 */
import type { Route } from '@guise/api';
import { errorBody, routes } from '@guise/api';
import type { Json } from '@guise/model';
import { z } from 'zod';
import { eventMediaTypes } from './event-body.ts';

type JsonObject = { [key: string]: Json };

export function openapi(): JsonObject {
  const components: JsonObject = {};
  const paths: { [path: string]: JsonObject } = {};
  for (const [name, route] of Object.entries<Route>(routes)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(name, route, components) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'guise control plane', version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries(Object.entries(components).sort(([one], [other]) => (one < other ? -1 : 1))),
    },
  };
}

function operation(name: string, route: Route, components: JsonObject): JsonObject {
  const parameters = [
    ...parametersOf('path', route.params, components),
    ...parametersOf('query', route.query, components),
  ];
  return {
    operationId: name,
    summary: route.summary,
    'x-guise-action': route.action,
    'x-guise-resource': resourceOf(route),
    ...(route.anonymous ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: bodyContent(route, schemaOf(route.body, 'input', components)) } }),
    responses: {
      ...Object.fromEntries(route.statuses.map((status) => [String(status), successOf(route, components)])),
      default: { description: 'Refused', content: jsonContent(schemaOf(errorBody, 'output', components)) },
    },
  };
}

/** As ADR 0019 names them: `Host {host_id}`, `each Host`, `Fleet`. */
function resourceOf({ resource }: Route): string {
  switch (resource.of) {
    case 'fleet':
      return 'Fleet';
    case 'params':
      return `${resource.type} {${resource.name}}`;
    case 'list':
      return `each ${resource.types.join(', ')}`;
    case 'handler':
      return resource.types.join(', ');
  }
}

function successOf(route: Route, components: JsonObject): JsonObject {
  if (route.response === 'none') return { description: 'Done' };
  if (route.response === 'redirect')
    return { description: 'Elsewhere', headers: { location: { schema: { type: 'string' } } } };
  if (typeof route.response === 'string') {
    return { description: 'Done', content: { [route.response]: { schema: { type: 'string' } } } };
  }
  return { description: 'Done', content: jsonContent(schemaOf(route.response, 'output', components)) };
}

function parametersOf(place: 'path' | 'query', schema: z.ZodType | undefined, components: JsonObject): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input', components) as {
    properties?: JsonObject;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}

function bodyContent({ events }: Route, schema: Json): JsonObject {
  const others = events ? eventMediaTypes : [];
  return { ...jsonContent(schema), ...Object.fromEntries(others.map((mediaType) => [mediaType, { schema }])) };
}

function jsonContent(schema: Json): JsonObject {
  return { 'application/json': { schema } };
}

/** Moves `$defs` into the components and points references there. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', components: JsonObject): Json {
  const written = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  const text = JSON.stringify(written).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { $schema: _dialect, $defs = {}, ...own } = JSON.parse(text) as JsonObject & { $defs?: JsonObject };
  Object.assign(components, $defs);
  return own;
}
