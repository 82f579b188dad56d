/**
 * Has the agent that already runs on this machine do `guise apply --yes FILE…`, so that the command line need not load an engine.
 *
 * It is asked before anything of guise is loaded, and works while the program that shows its answer is. It only ever takes over what it
 * can finish: anything unusual about the arguments, no agent, a refusal before anything happened, or an answer that is cut short is
 * left to the command proper, which then says what is wrong or finds what the agent left.
 * HTTP/1.0 by hand, because the answer then ends with the connection, and loading node:http takes as long as Node's own start.
 */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { resolve } from 'node:path';

const socketPath = '/run/guise/agent.sock';
/** As long as the longest switch may take. */
const answerTimeoutMs = 1_860_000;

/** Null when this is not for the agent; else a promise of its answer, or of null when the command has to do it itself. */
export function askAgent(argv, cwd) {
  const files = filesToApply(argv);
  if (files === null || process.getuid() !== 0 || !existsSync(socketPath)) return null;
  return put('/personas/active', { files: files.map((file) => resolve(cwd, file)) });
}

/** Of `apply --yes FILE… [--json]` and nothing else. */
function filesToApply([command, ...rest]) {
  if (command !== 'apply' || !rest.includes('--yes')) return null;
  const files = rest.filter((word) => word !== '--yes' && word !== '--json');
  return files.length > 0 && files.every((file) => !file.startsWith('-')) ? files : null;
}

function put(path, body) {
  const content = Buffer.from(JSON.stringify(body));
  const head = `PUT ${path} HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: ${content.length}\r\n\r\n`;
  return new Promise((answer) => {
    const chunks = [];
    const socket = connect({ path: socketPath, timeout: answerTimeoutMs });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => answer(answerIn(Buffer.concat(chunks).toString('utf8'))));
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => answer(null));
    socket.on('close', () => answer(null));
    socket.write(Buffer.concat([Buffer.from(head), content]));
  });
}

function answerIn(text) {
  const end = text.indexOf('\r\n\r\n');
  if (!/^HTTP\/1\.[01] 200 /.test(text) || end < 0) return null;
  try {
    return JSON.parse(text.slice(end));
  } catch {
    return null;
  }
}
