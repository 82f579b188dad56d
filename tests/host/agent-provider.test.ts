/**
 * A host that is lent out and comes back by its own agent: whatever its holder did, it is what it was, or what it is not is named; and
 * whoever had it before can do nothing to it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@guise/api';
import { parseHostId, parsePersonaId } from '@guise/model';
import { type RunningServer, startServer } from '@guise/server';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, eventually, temporaryDirectory } from '../sim/control-plane.ts';
import { diffFingerprints, type Fingerprint } from './fingerprint.ts';
import { joinHosts } from './join-hosts.ts';
import { canBoot, node, testLab } from './test-lab.ts';

/** One whose root has snapshots, and one whose agent has its journal alone, because btrfs-progs is missing. */
const names = ['h1', 'h2'] as const;
type Name = (typeof names)[number];
const at = (name: Name) => ({ host_id: parseHostId(name) });

const unit = (line: string) => `
    unit: |
      [Service]
      ExecStart=/bin/sleep infinity
      ${line}
      [Install]
      WantedBy=multi-user.target
    state: running
    enabled: true
`;
const documents = {
  /** What the host is in production. */
  shop: `guise: persona/v1
persona_id: shop
operating_system: {sysctl: {net.core.somaxconn: 1024}}
files: {/etc/shop/shop.conf: {content: "role = production\\n"}, /srv/shop: {type: directory, mode: "0750"}}
services:
  shop.service:${unit('Environment=ROLE=production')}security_profile: {users: {clerk: {comment: The clerk}}}
tests: [{name: greets, command: [echo, welcome to the shop]}, {name: refuses, command: [sh, -c, "exit 0"]}]
`,
  /** What it is lent out as. */
  loan: `guise: persona/v1
persona_id: loan
operating_system: {sysctl: {net.core.somaxconn: 4096}}
software_stack: [tree]
files: {/etc/shop/shop.conf: {content: "role = loan\\n", mode: "0600"}, /etc/loan.conf: {content: "loan\\n"}}
services:
  loan.service:${unit('Environment=ROLE=loan')}network_configuration: {firewall: {policy: accept, allow: [{port: 8642}]}}
security_profile: {users: {tester: {groups: [users]}, clerk: {ensure: absent}}}
`,
};

describe('a host that its own agent provides', () => {
  const { lab, output, run } = testLab('test-agent-provider', []);
  const directory = temporaryDirectory();
  let server: RunningServer;
  let api: Client;
  let fence = 0n;
  let database: pg.Client;

  beforeAll(async () => {
    if (!canBoot) return;
    const agentHost = lab.outerAddress();
    server = await startServer({
      stateDirectory: directory.path,
      port: 0,
      agentHost,
      agentPort: 0,
      report: () => undefined,
    });
    api = clientOf(server);
    database = new pg.Client({ connectionString: server.databaseUrl });
    await database.connect();
    await joinHosts(lab, server, names);
    for (const document of Object.values(documents)) await api.publishPersona({ body: { document } });
    await output('h1', ['apt-get', 'install', '--yes', '--quiet', 'btrfs-progs']);
  }, 900_000);
  afterAll(async () => {
    if (canBoot) {
      await database.end();
      await server.close();
    }
    directory.remove();
  });

  const provider = () => server.providers.get('agent')!;
  const provided = (name: Name) => ({ hostId: name, name, fence });
  const assign = async (name: Name, id: string) => {
    await api.setHostPersonas({ params: at(name), body: { personas: [{ persona_id: parsePersonaId(id) }] } });
    await eventually(`${name} is ${id}`, async () => {
      const { desired, outcome } = await api.getHost({ params: at(name) });
      return outcome?.generation === desired.generation;
    });
  };
  const become = async (name: Name, id: string) => {
    await assign(name, id);
    expect((await api.getHost({ params: at(name) })).outcome).toMatchObject({ error: null });
  };
  const whole = async (name: Name) =>
    JSON.parse(await output(name, [...node, '/opt/guise/tests/host/fingerprint.ts'])) as Fingerprint;
  const sh = (name: Name, script: string) => output(name, ['sh', '-ceu', script]);

  /** In production, with a snapshot of it. */
  const prepared = async (name: Name, label: string) => {
    fence += 1n;
    // As a lease of the host does.
    await database.query('update fleet set fence = $1 where host_id = $2', [String(fence), name]);
    await become(name, 'shop');
    await sh(name, 'mkdir -p /srv/data; seq 1000 > /srv/data/orders; echo by-hand > /etc/noted');
    return provider().snapshot(provided(name), label);
  };

  it('claims what it can do, and no more', async () => {
    expect(await provider().capabilities(provided('h1'))).toEqual({ can: ['snapshot', 'revert'], images: [] });
    for (const act of [
      () => provider().power(provided('h1'), 'off'),
      () => provider().resize(provided('h1'), { cpuCores: 1 }),
      () => provider().deploy(provided('h1'), 'bookworm'),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'capability_missing' });
    expect(await provider().usage('here')).toBeNull();
  });

  it('comes back from another persona by its journal alone, and what was changed by hand is named', async () => {
    const before = await prepared('h2', 'journal');
    const everything = await whole('h2');
    await become('h2', 'loan');
    expect(await sh('h2', 'cat /etc/shop/shop.conf; tree --version; id tester')).toContain('role = loan');
    const after = await provider().revert(provided('h2'), 'journal');
    expect(after).toEqual({ ...before, differing: [] });
    expect(diffFingerprints(everything, await whole('h2'))).toEqual([]);
    await sh('h2', 'echo changed > /etc/noted; rm /srv/data/orders');
    await sh('h2', 'mkdir /mnt/own && mount -t tmpfs own /mnt/own');
    const changed = await provider().revert(provided('h2'), 'journal');
    expect(changed.differing).toEqual(['mounts /mnt/own', 'files /etc/noted', 'files /srv/data/orders']);
    expect(changed.digest).not.toBe(before.digest);
  });

  it('comes back with every file where its root has snapshots, whatever its holder did to it', async () => {
    const before = await prepared('h1', 'files');
    const everything = await whole('h1');
    await become('h1', 'loan');
    await sh(
      'h1',
      `echo changed > /etc/noted
      rm -rf /srv/data /usr/share/bash-completion
      ln -s /etc/shadow /srv/data
      echo '0 * * * * root /usr/bin/true' > /etc/cron.evil
      mkdir -p /opt/holder/deep/er && mkfifo /opt/holder/deep/fifo && echo mine > /opt/holder/deep/er/file
      mkdir /etc/hosts.new && mv /etc/hosts /etc/hosts.new/ && mkdir /etc/hosts
      chmod 0777 /usr/local && chown nobody /srv
      useradd --create-home mallory && echo 'root:hacked' | chpasswd
      printf '[Service]\\nExecStart=/bin/sleep infinity\\n' > /etc/systemd/system/mallory.service
      systemctl daemon-reload && systemctl start mallory.service
      mv /usr/bin/dpkg /usr/bin/dpkg.away`,
    );
    const after = await provider().revert(provided('h1'), 'files');
    expect(after).toEqual({ ...before, differing: [] });
    expect(diffFingerprints(everything, await whole('h1'))).toEqual([]);
    expect(
      await sh('h1', 'systemctl is-active shop.service; sysctl -n net.core.somaxconn; tail -n 1 /srv/data/orders'),
    ).toBe('active\n1024\n1000');
    expect((await run('h1', ['systemctl', 'is-active', 'mallory.service'])).status).not.toBe(0);
  });

  it('lets nobody act who had it before, and is sent what is desired under the newest lease', async () => {
    const old = provided('h1');
    await prepared('h1', 'fenced');
    for (const act of [
      () => provider().snapshot(old, 'other'),
      () => provider().revert(old, 'fenced'),
      () => provider().discard(old, 'fenced'),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'lease_lost' });
    await output('h1', ['systemctl', 'restart', 'guise-agent.service']);
    await eventually('it is back', async () => (await api.getHost({ params: at('h1') })).connected);
    await expect(provider().revert(old, 'fenced')).rejects.toMatchObject({ code: 'lease_lost' });
    expect((await provider().revert(provided('h1'), 'fenced')).differing).toEqual([]);
  });

  it('does not become what an older lease desires, until the control plane has learnt of the newer one', async () => {
    await database.query('update fleet set fence = 0 where host_id = $1', ['h1']);
    await assign('h1', 'loan');
    const { outcome } = await api.getHost({ params: at('h1') });
    expect(outcome).toMatchObject({ result: 'failed', error: { code: 'lease_lost' } });
    expect(await sh('h1', 'cat /etc/shop/shop.conf')).toBe('role = production');
    await output('h1', ['systemctl', 'restart', 'guise-agent.service']);
    await eventually('it is what is desired', async () =>
      (await sh('h1', 'cat /etc/shop/shop.conf')).includes('role = loan'),
    );
    const { rows } = await database.query('select fence from fleet where host_id = $1', ['h1']);
    expect(rows).toEqual([{ fence: String(fence) }]);
  });

  it('does not find a snapshot that is not there, and changes nothing', async () => {
    const everything = await whole('h1');
    await expect(provider().revert(provided('h1'), 'missing')).rejects.toMatchObject({ code: 'snapshot_not_found' });
    await provider().discard(provided('h1'), 'missing');
    expect(diffFingerprints(everything, await whole('h1'))).toEqual([]);
  });

  it('finishes a revert that its agent was killed in', async () => {
    const before = await prepared('h1', 'killed');
    const heard: string[] = [];
    for (let round = 0; round < 5; round++) {
      await become('h1', 'loan');
      await sh('h1', 'rm -r /srv/data; echo changed > /etc/noted; dd if=/dev/zero of=/opt/large bs=1M count=20');
      const cut = provider()
        .revert(provided('h1'), 'killed')
        .then(
          () => 'answered',
          () => 'cut off',
        );
      const under = 'while [ ! -e /var/lib/guise/snapshots/REVERTING ]; do sleep 0.005; done';
      await sh('h1', `${under}; sleep ${round * 0.2}; systemctl kill --signal=KILL guise-agent.service`);
      heard.push(await cut);
      await eventually('the next start finishes it', async () => {
        await sleep(100);
        const { stdout } = await run('h1', ['ls', '/var/lib/guise/snapshots/REVERTING']);
        return stdout === '' && (await api.getHost({ params: at('h1') })).connected;
      });
      expect(await sh('h1', 'cat /etc/shop/shop.conf /etc/noted; tail -n 1 /srv/data/orders; ls /opt')).toBe(
        'role = production\nby-hand\n1000\nguise',
      );
      expect((await run('h1', ['id', 'tester'])).status).not.toBe(0);
      expect(await provider().revert(provided('h1'), 'killed')).toEqual({ ...before, differing: [] });
    }
    expect(heard.filter((each) => each === 'cut off').length).toBeGreaterThan(2);
  });

  it('leaves nothing of a snapshot that is discarded', async () => {
    for (const label of ['files', 'fenced', 'killed']) await provider().discard(provided('h1'), label);
    expect(await sh('h1', 'ls /var/lib/guise/snapshots')).toBe('');
  });
});
