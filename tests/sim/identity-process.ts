/**
 * An agent that is killed while it enrols or renews: `identity-process.ts enrol|renew PATH before|after URL DIRECTORY NAME [TOKEN]`.
 * It dies by SIGKILL before its request to PATH goes out, or after the answer came and before anything was done with it.
 */
import { join } from 'node:path';
import { type AskAgentsPort, askAgentsPort, enrol, IdentityStore, renew, TrustStore } from '@guise/agent/link';
import { parseHostId } from '@guise/model';

const [what, path, when, url = '', directory = '', name = '', joinToken = ''] = process.argv.slice(2);
const identity = new IdentityStore(join(directory, 'identity.json'), parseHostId(name));
const trust = new TrustStore(join(directory, 'trust.json'));

const ask: AskAgentsPort = async (request) => {
  if (request.path !== path) return askAgentsPort(request);
  if (when === 'before') process.kill(process.pid, 'SIGKILL');
  const answer = await askAgentsPort(request);
  process.kill(process.pid, 'SIGKILL');
  return answer;
};

await (what === 'enrol' ? enrol({ url, joinToken, identity, trust, root: null, ask }) : renew(url, identity, ask));
