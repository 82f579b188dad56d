/** One switch in a process of its own, which the fault plan in the environment may kill. Runs inside a host. */
import { engineHere } from '@guise/agent';
import { layersOf } from './layers-of.ts';

const [stateDirectory = '', ...files] = process.argv.slice(2);
const engine = engineHere({ root: '/', stateDirectory });
const outcome = await engine.apply(await layersOf(files));
engine.close();
process.stdout.write(outcome.type);
