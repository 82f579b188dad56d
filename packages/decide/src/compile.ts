/** From layers to claims. Apart from the index, because rendering brings the documents' schema; see `@guise/model/documents`. */
export { compileLayer } from './layers/compile-layer.ts';
