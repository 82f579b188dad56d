/**
 * What reads, checks and renders persona documents. Apart from the index, because the schema and the parsers behind it take more to
 * load than all else in the package, and most runs of the command line and a resident agent at rest need none of it.
 */
export { jsonSchema } from './persona/json-schema.ts';
export { parameterValues } from './persona/parameters.ts';
export { parseDocument } from './persona/parse.ts';
export { renderPersona } from './persona/render.ts';
export { resolvePersona } from './persona/resolve.ts';
