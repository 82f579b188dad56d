/** The commands of each transcript, and the files that they find. */
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
  'persona ls',
  'persona show',
  'persona diff',
  'persona group',
  'persona schema',
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
  { name: 'groups', lines: ['persona', 'host --help', 'event', 'alert', 'lab'] },
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
    ],
  },
  {
    name: 'no-server',
    lines: ['host ls --token t --server http://127.0.0.1:9', 'persona ls --json --token t --server http://127.0.0.1:9'],
  },
];

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

export const files: { readonly [path: string]: string } = {
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
  'orphan.yaml': `guise: persona/v1
persona_id: orphan
extends: [web-nxt]
`,
  'root/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n',
  'root/etc/group': 'root:x:0:\n',
  'root/etc/hosts': '127.0.0.1 localhost\n',
  'root/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
};
