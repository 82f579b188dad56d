/** The commands of each transcript, and the files that they find. */
import { keyIdOf, signingKey } from '@guise/trust/signing';

export interface Transcript {
  readonly name: string;
  /** What follows `guise`, words apart by one blank. */
  readonly lines: readonly string[];
  readonly needsRoot?: true;
}

const commands = [
  'plan',
  'apply',
  'rollback',
  'active',
  'why',
  'drift',
  'history',
  'persona validate',
  'persona publish',
  'persona sign',
  'persona verify',
  'persona sign-rollback',
  'persona rollback',
  'persona ls',
  'persona show',
  'persona diff',
  'persona group',
  'persona schema',
  'key new',
  'key show',
  'root new',
  'root sign',
  'root next',
  'root publish',
  'root show',
  'trigger replay',
  'host ls',
  'host show',
  'host plan',
  'host assign',
  'host unassign',
  'host rollback',
  'host hold',
  'host why',
  'host history',
  'host tag',
  'host token',
  'event post',
  'alert ls',
  'traffic set',
  'traffic ls',
  'traffic show',
  'traffic rm',
  'traffic drain',
  'traffic restore',
  'webhook new',
  'webhook ls',
  'webhook rm',
  'webhook test',
  'login',
  'logout',
  'whoami',
  'policy ls',
  'policy show',
  'policy validate',
  'policy set',
  'policy rm',
  'role ls',
  'role grant',
  'role revoke',
  'token new',
  'token ls',
  'token rm',
  'lab up',
  'lab down',
  'lab ls',
  'lab shell',
  'lab break',
  'start',
  'up',
  'down',
  'server',
  'agent',
  'completion',
];

export const transcripts: readonly Transcript[] = [
  { name: 'help', lines: ['--help', ...commands.map((command) => `${command} --help`)] },
  {
    name: 'groups',
    lines: [
      'persona',
      'key',
      'root',
      'trigger',
      'host --help',
      'event',
      'alert',
      'secret',
      'audit',
      'policy',
      'role',
      'token',
      'lab',
    ],
  },
  {
    name: 'mistyped',
    lines: [
      'aply web.yaml',
      'host assgn h1 web',
      'plan web.yaml --param',
      'plan web.yaml --sate-dir x',
      'rollback --to yesterday',
      'why sysctl',
      'apply',
      'aply --json',
    ],
  },
  {
    name: 'validate',
    lines: [
      'persona validate web.yaml tuned.yaml',
      'persona validate wrong.yaml web.yaml',
      'persona validate wrong.yaml --json',
      'persona validate orphan.yaml',
      'persona validate not-there.yaml',
      'persona validate wrong-triggers.yaml burst.yaml',
    ],
  },
  {
    name: 'signing',
    lines: [
      'key show alice.key',
      'key show alice.pub --json',
      'key show web.yaml',
      'key show loose.pem',
      'key new alice',
      'key new Alice',
      'root new --organization acme',
      'root new --organization acme --key bob.pub',
      'root new --organization acme --key alice.key --signers-threshold 2',
      'root new --organization acme --key alice.key --signer prod=uction=bob.pub',
      'root new --organization acme --key alice.key --signer alice.pub --signer production=alice.pub --signer production=bob.pub --signers-threshold production=2 --expires 2099-01-01',
      'root new --organization acme --key alice.key --expires 2099-01-01',
      'persona sign signed-web.yaml --key carol.key --root root.json --out web.signed.json',
      'persona sign signed-web.yaml --key alice.key --root root.json --out web.signed.json --expires 2020-01-01',
      'persona sign signed-web.yaml --key alice.key --root root.json --out web.signed.json --expires 2098-01-01',
      'persona verify web.signed.json --root root.json',
      'persona sign web.signed.json --key bob.key --root root.json',
      'persona verify web.signed.json --root root.json',
      'persona verify web.signed.json --root root.json --environment staging',
      'persona verify web.signed.json --root root.json --json',
      'persona verify web.yaml --root root.json',
      'persona verify web.signed.json --root web.signed.json',
      'persona verify nowhere.json --root root.json',
      'persona sign wrong.yaml --key alice.key --root root.json --out wrong.signed.json',
      'persona sign signed-web.yaml --key alice.key --key bob.key --root root.json --out web.signed.json --expires 2098-01-01 --json',
      'persona sign tuned.yaml --key alice.key --root root.json --out web.signed.json',
      'persona sign-rollback web.signed.json --from 2 --to 1 --host h1 --reason latency --key alice.key --root root.json --out back.json --expires 2098-01-01',
      'persona sign-rollback web.signed.json --from 1 --to 2 --host h1 --reason latency --key alice.key --out back.json',
      'root next root.json --key alice.key --root-key carol.key --remove alice --signer production=carol.pub --out root-2.json',
      'root next root.json --key alice.key --remove alice --drop staging --out root-2.json',
      'root next root.json --key alice.key --root-key carol.key --remove alice --drop * --signer production=carol.pub --out root-2.json --expires 2099-01-01',
      'root show root-2.json --previous root.json',
      'root next root.json --key alice.key --root-key bob.pub --threshold 2 --out root-2b.json --expires 2099-01-01',
      'root sign root-2b.json --key carol.key',
      'root sign root-2b.json --key bob.key --previous root.json',
      'persona verify web.signed.json --root root-2.json',
      '__complete key show al',
      '__complete persona sign web.yaml --key al',
    ],
  },
  {
    name: 'parameters',
    lines: [
      'plan web.yaml --root root --param greeing=hello',
      'plan web.yaml --root root --param workers=many',
      'plan web.yaml --root root --param workers=99',
      'plan web.yaml --root root --param shop.workers=2',
      'plan web.yaml web.yaml --root root',
      'plan web.yaml --root root --priority 5000',
      'plan web.yaml --root nowhere',
    ],
  },
  {
    name: 'apply',
    needsRoot: true,
    lines: [
      'plan web.yaml --root root',
      'apply web.yaml --root root',
      'apply web.yaml tuned.yaml --root root --yes --param workers=2',
      'apply web.yaml tuned.yaml --root root --yes --param workers=2',
      'active --root root',
      'plan web.yaml --root root --param web.workers=8 --as shop',
      'why file:/etc/web.conf --root root',
      'why hosts_entry:db.example --root root',
      'why file:/etc/other --root root',
      'drift --root root',
      'rollback --root root',
      'rollback --to baseline --root root',
      'active --root root',
      'history --root root',
    ],
  },
  {
    name: 'adaptation',
    lines: [
      'host hold h1 web --reason why',
      'host hold h1 web --for 2h',
      'host hold h1 web --for 2h --until 2099-01-01T00:00:00Z --reason why',
      'host hold h1 --for 2h --reason why',
      'host hold h1 web --baseline --for 2h --reason why',
      'host hold h1 web --release x',
      'host hold h1 web --for',
      'persona group --none',
      'persona group edge web --none',
      'event post --source /siem',
      'event post --type security.alert --data {"severity":}',
      'event post --type security.alert --attribute severity',
      'alert ls H1 --token t',
      '__complete host h',
      '__complete host hold h1 web --f',
      '__complete event post --t',
      '__complete al',
    ],
  },
  {
    name: 'replay',
    lines: [
      'trigger replay burst.yaml --metrics burst.csv',
      'trigger replay burst.yaml --metrics burst.json --explain-at 2026-11-25T10:05Z',
      'trigger replay burst.yaml --metrics by-metric.csv --events alerts.jsonl --zone Europe/Paris',
      'trigger replay office.yaml --from 2026-03-28 --to 2026-03-30 --zone Europe/Paris --json',
      'trigger replay office.yaml --from 2026-02-15 --to 2026-04-02 --zone America/New_York --param days=sun --explain-at 2026-03-08T03:00',
      'trigger replay web.yaml --from 2026-01-01 --to 2026-01-02',
      'trigger replay burst.yaml --metrics wrong.csv',
      'trigger replay burst.yaml --events wrong.jsonl',
      'trigger replay burst.yaml --metrics nowhere.csv',
      'trigger replay burst.yaml',
      'trigger replay office.yaml --from 2026-03-28 --to 2026-03-27',
      'trigger replay office.yaml --from noon',
      'trigger replay office.yaml --zone Europe/Pariss',
      'trigger replay wrong-triggers.yaml --from 2026-01-01 --to 2026-01-02',
    ],
  },
  { name: 'diff', lines: ['persona diff web.yaml web-next.yaml', 'persona diff web.yaml web.yaml'] },
  {
    name: 'completion',
    lines: [
      'completion bash',
      'completion zsh',
      'completion fish',
      'completion tcsh',
      '__complete host a',
      '__complete plan w',
      '__complete trigger r',
      '__complete trigger replay b',
      '__complete trigger replay burst.yaml --e',
    ],
  },
  {
    name: 'no-server',
    lines: ['host ls --token t --server http://127.0.0.1:9', 'persona ls --json --token t --server http://127.0.0.1:9'],
  },
];

/** A value a minute from 2026-11-25T10:00Z on. */
function csv(values: readonly number[], metric = 'cpu'): string {
  const line = (value: number, index: number) =>
    `2026-11-25T10:${String(index).padStart(2, '0')}:00Z,${metric},${value}\n`;
  return values.map(line).join('');
}

const web = `guise: persona/v1
persona_id: web
parameters:
  workers: {type: integer, default: 4, minimum: 1, maximum: 64}
  greeting: {type: string, default: hello}
files:
  /etc/web.conf:
    content: |
      # by guise
      workers {{ workers }}
      greeting {{ greeting }}
    mode: "0644"
network_configuration: {hosts: {db.example: 10.0.0.5}}
`;

/** PKCS #8 around 32 equal bytes. Source: RFC 8410, 7. */
function pemOf(byte: number): string {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, byte)]);
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}

function publicLine(byte: number, name: string): string {
  const { publicKey } = signingKey(pemOf(byte));
  return `guise-key ${keyIdOf(publicKey)} ${publicKey} ${name}\n`;
}

export const files: { readonly [path: string]: string } = {
  'alice.key': pemOf(1),
  'alice.pub': publicLine(1, 'alice'),
  'bob.key': pemOf(2),
  'bob.pub': publicLine(2, 'bob'),
  'carol.key': pemOf(3),
  'carol.pub': publicLine(3, 'carol'),
  'loose.pem': pemOf(4),
  'signed-web.yaml': web.replace('persona_id: web', 'persona_id: web\ncategory: web_server'),
  'web.yaml': web,
  'web-next.yaml': web.replace('default: hello', 'default: good day').replace('10.0.0.5', '10.0.0.6'),
  'tuned.yaml': `guise: persona/v1
persona_id: tuned
priority: 60
files:
  /etc/tuned: {type: directory, mode: "0755"}
network_configuration: {hosts: {db.example: 10.0.0.9}}
`,
  'wrong.yaml': `guise: persona/v1
persona_id: wrong
file: {}
operating_system: {sysctl: {vm.swappiness: yes please, net.core.somaxconn: {at_lest: 4096}}}
files: {/etc/a: {mode: 644}}
`,
  'wrong-triggers.yaml': `guise: persona/v1
persona_id: wrong-triggers
activation_triggers:
  any:
    - time_schedule: {cron: "0 8 31 2 *", duration: 1h, zone: Europe/Pariss}
    - resource_utilization_thresholds: {metric: cpu_utilisation, above: 0.8}
    - resource_utilization_thresholds: {metric: cpu, above: 80}
    - external_event_subscriptions: {type: alert, where: "event.type > 5", for: 1h}
    - external_event_subscriptions: {type: alert, where: "event.severity >= && 7", for: 1h}
`,
  'burst.yaml': `guise: persona/v1
persona_id: burst
activation_triggers:
  - resource_utilization_thresholds: {metric: cpu, above: 0.8, for: 2m}
  - external_event_subscriptions: {type: security.alert, where: event.severity >= 7, for: 5m}
deactivation_triggers:
  all: [{resource_utilization_thresholds: {metric: cpu, below: 0.5, for: 2m}}, {resource_utilization_thresholds: {metric: memory, below: 0.9}}]
cooldown: 3m
`,
  'office.yaml': `guise: persona/v1
persona_id: office
parameters: {days: {type: string, default: sun-mon}}
activation_triggers: {time_schedule: {windows: [{from: "01:30", to: "09:00", days: ["{{ days }}"]}]}}
`,
  'burst.csv': csv([0.2, 0.9, 0.95, 0.85, 0.6, 0.4, 0.3, 0.2, 0.9, 0.9, 0.9, 0.9]),
  'burst.json': JSON.stringify({
    status: 'success',
    data: {
      resultType: 'matrix',
      result: [
        {
          metric: { __name__: 'guise_cpu_utilization', host: 'h1' },
          values: [0.2, 0.9, 0.95, 0.85, 0.6, 0.4].map((value, index) => [1795600800 + 60 * index, String(value)]),
        },
      ],
    },
  }),
  'by-metric.csv': `time,metric,value\n${csv([0.9, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2])}${csv([0.95, 0.95, 0.95, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7], 'memory')}`,
  'alerts.jsonl': [6, 8]
    .map((severity) =>
      JSON.stringify({
        specversion: '1.0',
        id: String(severity),
        source: '//ids',
        type: 'security.alert',
        time: '2026-11-25T10:01:30Z',
        data: { severity },
      }),
    )
    .join('\n'),
  'wrong.csv': 'time,metric,value\n2026-11-25T10:00:00Z,cpu,0.2\n2026-11-25T10:01:00Z,cpu,high\n',
  'wrong.jsonl': '{"specversion":"1.0","id":"1","source":"//ids","type":"security.alert"}\n',
  'orphan.yaml': `guise: persona/v1
persona_id: orphan
extends: [web-nxt]
`,
  'root/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n',
  'root/etc/group': 'root:x:0:\n',
  'root/etc/hosts': '127.0.0.1 localhost\n',
  'root/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
};
