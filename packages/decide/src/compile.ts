/** From layers to claims and triggers. Apart from the index, because rendering brings the documents' schema; see `@guise/model/documents`. */
export { compileLayer } from './layers/compile-layer.ts';
export { compileTriggers } from './triggers/compile-triggers.ts';
export { renderTriggers } from './triggers/render-triggers.ts';
