/**
 * node:http without what it drags along.
 *
 * An `import` of it reads every export once, and three of them, WebSocket and its events, then load undici, HTTP/2 and TLS:
 * 30 ms of processor time at each start and 17 MiB for as long as the process lives.
 */
export function nodeHttp(): typeof import('node:http') {
  return process.getBuiltinModule('node:http');
}
