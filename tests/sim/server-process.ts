/** A control plane as a process of its own, for tests that kill it: `server-process.ts STATE-DIRECTORY AGENT-PORT`. */
import { startServer } from '@guise/server';

const [stateDirectory = '', agentPort = '0'] = process.argv.slice(2);
const { url, agentUrl, adminToken } = await startServer({
  stateDirectory,
  port: 0,
  agentPort: Number(agentPort),
  report: (line) => process.stderr.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify({ url, agentUrl, adminToken })}\n`);
