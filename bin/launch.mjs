/** Runs a program of guise in this process: `node bin/launch.mjs NAME [argument…]`. With GUISE_DEBUG=1 from source, so that stacks name it. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { askAgent } from './ask-agent.mjs';
import { programFile, programs } from './programs.mjs';

const name = process.argv[2];
// The agent works while the program is loaded, which finds the promise by this name.
if (name === 'cli') globalThis[Symbol.for('guise.agent-answer')] = askAgent(process.argv.slice(3), process.cwd());
const isDebugged = process.env['GUISE_DEBUG'] === '1';
const main = isDebugged ? join(import.meta.dirname, '..', programs[name]) : programFile(name);
// To the program it is as if it had been started itself.
process.argv.splice(1, 2, main);
await import(pathToFileURL(main).href);
