/** The audit of a real host: what it switched and why is logged, its agent remembers the log, and who is on it can verify it. */
import { connect, createServer, type Server } from 'node:net';
import type { Client } from '@guise/api';
import { parseHostId, parsePersonaId } from '@guise/model';
import { type RunningServer, startServer } from '@guise/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, eventually, temporaryDirectory } from '../sim/control-plane.ts';
import { joinHosts } from './join-hosts.ts';
import { canBoot, testLab } from './test-lab.ts';

const h1 = { host_id: parseHostId('h1') };
const marking = `guise: persona/v1
persona_id: marking
files: {/etc/guise-mark: {content: "marked\\n"}}
`;
const alarmed = `guise: persona/v1
persona_id: alarmed
activation_triggers: {external_event_subscriptions: {type: alarm, for: 1h}}
files: {/etc/guise-alarm: {content: "alarm\\n"}}
`;

interface Remembered {
  readonly size: number;
  readonly key: string;
  readonly refused: number;
}

describe('the audit of a host', () => {
  const { lab, run } = testLab('test-audit', []);
  const directory = temporaryDirectory();
  let server: RunningServer;
  let api: Client;
  let door: Server | undefined;

  beforeAll(async () => {
    if (!canBoot) return;
    server = await startServer({
      stateDirectory: directory.path,
      port: 0,
      agentPort: 0,
      agentHost: lab.outerAddress(),
      checkpointPeriodMs: 200,
      report: () => undefined,
    });
    api = clientOf(server);
    await joinHosts(lab, server, ['h1']);
    for (const document of [marking, alarmed]) await api.publishPersona({ body: { document } });
    const opened = createServer((socket) => {
      const inside = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.pipe(inside).pipe(socket);
      for (const end of [socket, inside]) end.on('error', () => undefined);
    });
    await new Promise<void>((listening) => opened.listen(0, lab.outerAddress(), listening));
    door = opened;
  }, 900_000);
  afterAll(async () => {
    if (canBoot) {
      door?.close();
      await server.close();
    }
    directory.remove();
  });

  async function remembered(): Promise<Remembered | null> {
    const argv = ['curl', '--silent', '--unix-socket', '/run/guise/agent.sock', 'http://agent/state'];
    const { stdout } = await run('h1', argv);
    return (JSON.parse(stdout || '{}') as { audit?: Remembered | null }).audit ?? null;
  }

  const entriesOf = async (action: string) =>
    (await api.listAudit({ query: { action, actor: 'host/h1', limit: 100 } })).items.toReversed();

  it('has each switch with its cause: an assignment, then a trigger', async () => {
    for (const persona_id of [parsePersonaId('marking'), parsePersonaId('alarmed')])
      await api.assignToHost({ params: { ...h1, persona_id }, body: {} });
    await eventually('the assignment is logged', async () => (await entriesOf('host:transaction')).length > 0);
    await api.postEvents({ body: { specversion: '1.0', id: '1', source: '/test', type: 'alarm' } });
    await eventually('the trigger is logged', async () => (await entriesOf('host:transaction')).length > 1);
    const transactions = await entriesOf('host:transaction');
    expect(transactions.map(({ cause, outcome }) => [cause, outcome])).toEqual([
      ['assignment', 'done'],
      ['trigger', 'done'],
    ]);
    expect(transactions[1]?.before).toBe(transactions[0]?.after);
    await eventually('so are the candidates', async () => (await entriesOf('host:switch')).length > 1);
    expect(await entriesOf('host:switch')).toMatchObject([
      { cause: 'assignment', detail: { instance: 'marking', active: true } },
      { cause: 'trigger', detail: { instance: 'alarmed', active: true, reason: expect.stringContaining('alarm') } },
    ]);
  });

  it('is remembered by the agent, and verified by whoever is on the host', async () => {
    const { key } = await api.listAuditCheckpoints();
    await eventually('a checkpoint is remembered', async () => ((await remembered())?.size ?? 0) > 0);
    expect(await remembered()).toMatchObject({ key, refused: 0 });
    const address = door?.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const env = { GUISE_SERVER: `http://${lab.outerAddress()}:${port}`, GUISE_TOKEN: server.adminToken };
    const verified = await run('h1', ['/opt/guise/guise', 'audit', 'verify'], env);
    expect(verified.stderr).toBe('');
    expect(verified.stdout).toContain('and what the agent of this machine knew of it');
    expect(verified.stdout).toContain(`signed by ${key}`);
    expect(verified.status).toBe(0);
  });
});
