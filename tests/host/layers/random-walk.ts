/**
 * Random personas that overlap, in random company, with switches that fail in between. Runs inside a lab host: `random-walk.ts SEED STEPS`.
 *
 * First every set of three personas is applied to the bare host and taken away again; that says what the host is with each set.
 * Then a walk goes from set to set, and at every step the host must be what its set alone gives. Prints one JSON line.
 */
import { engineHere } from '@guise/agent';
import { type Layer, layerOf } from '@guise/model';
import { parseDocument } from '@guise/model/documents';
import fc from 'fast-check';
import { diffFingerprints, type Fingerprint, fingerprint } from '../fingerprint.ts';

const names = ['a', 'b', 'c'] as const;
type Name = (typeof names)[number];
const [seed = 0, steps = 0] = process.argv.slice(2).map(Number);

const somaxconn = fc.oneof(
  fc.integer({ min: 1000, max: 9000 }),
  fc.record({ at_least: fc.integer({ min: 1000, max: 9000 }) }),
  fc.record({ at_most: fc.integer({ min: 1000, max: 9000 }) }),
);
const text = fc.record({
  content: fc.constantFrom('one\n', 'two\n', 'three\n'),
  mode: fc.constantFrom('0644', '0600'),
});
const place = fc.oneof(
  text,
  fc.constant({ type: 'symlink', target: '/etc/hostname' }),
  fc.constant({ type: 'absent' }),
);
const unit = (command: string) => `[Service]\nExecStart=${command}\n[Install]\nWantedBy=multi-user.target\n`;
const service = fc.record({
  unit: fc.constantFrom(unit('/bin/sleep infinity'), unit('/bin/sleep 86400')),
  state: fc.constantFrom('running', 'stopped'),
  enabled: fc.boolean(),
  restart_on: fc.constant(['file:/etc/walk/**']),
});
const somePersona = fc.record(
  {
    priority: fc.integer({ min: 1, max: 100 }),
    operating_system: fc.record({
      sysctl: fc.record(
        { 'net.core.somaxconn': somaxconn, 'net.ipv4.ip_forward': fc.integer({ min: 0, max: 1 }) },
        { requiredKeys: [] },
      ),
    }),
    files: fc.record(
      { '/etc/walk/one': place, '/etc/walk/two': place, '/etc/walk/deep/three': text, '/etc/motd': text },
      { requiredKeys: [] },
    ),
    services: fc.record({ 'walk.service': service }),
    network_configuration: fc.record(
      {
        firewall: fc.record({
          policy: fc.constant('accept'),
          allow: fc.record({ append: fc.subarray([{ port: 80 }, { port: 443 }, { port: 5432 }], { minLength: 1 }) }),
        }),
        hosts: fc.record({ 'walk.internal': fc.constantFrom('10.9.0.1', '10.9.0.2') }),
      },
      { requiredKeys: [] },
    ),
    security_profile: fc.record({
      groups: fc.constant({ walkers: {} }),
      users: fc.record({
        walker: fc.record({ comment: fc.constantFrom('first', 'second'), groups: fc.subarray(['walkers']) }),
      }),
    }),
  },
  { requiredKeys: ['priority'] },
);

const layers = new Map(
  fc.sample(somePersona, { seed, numRuns: names.length }).map((document, index) => {
    const name = names[index]!;
    return [name, layerFor(name, document)];
  }),
);
const failing = layerFor('failing', {
  files: { '/etc/walk/one': { content: 'never\n' }, '/etc/walk/never': { content: 'never\n' } },
  services: { 'walk.service': { unit: unit('/bin/sleep 1000'), state: 'running' } },
  tests: [{ name: 'never', command: ['false'] }],
  priority: 1000,
});
const engine = engineHere({ root: '/', stateDirectory: '/var/lib/guise', environment: {} });
const wrong: string[] = [];
const bare = await fingerprint();
const alone = new Map<string, Fingerprint>();
for (const set of subsets()) {
  await become(set);
  alone.set(set.join(), await fingerprint());
  await become([]);
  compare(`after ${set.join()}`, bare, await fingerprint());
}

let current = '';
let failures = 0;
for (const { set, fails } of fc.sample(fc.record({ set: fc.subarray([...names]), fails: fc.nat(3) }), {
  seed,
  numRuns: steps,
})) {
  if (fails === 0) {
    const { type } = await engine.apply([...set.map(layerNamed), failing]);
    if (type !== 'rolled_back') wrong.push(`a switch whose test fails was ${type}`);
    failures += 1;
  } else {
    await become(set);
    current = set.join();
  }
  compare(
    `as ${current} (${fails === 0 ? 'after a failure' : 'after a switch'})`,
    alone.get(current)!,
    await fingerprint(),
  );
}
await become([]);
compare('at the end', bare, await fingerprint());
engine.close();
process.stdout.write(JSON.stringify({ seed, steps, failures, sets: alone.size, wrong }));

function subsets(): readonly (readonly Name[])[] {
  return Array.from({ length: 2 ** names.length }, (_, mask) => names.filter((_name, bit) => (mask >> bit) & 1));
}

async function become(set: readonly Name[]): Promise<void> {
  const { type } = await engine.apply(set.map(layerNamed));
  if (type !== 'committed' && type !== 'unchanged') wrong.push(`the switch to ${set.join()} was ${type}`);
}

function layerNamed(name: Name): Layer {
  return layers.get(name)!;
}

function layerFor(name: string, document: object): Layer {
  const own = parseDocument(JSON.stringify({ guise: 'persona/v1', persona_id: name, ...document }), `${name}.yaml`);
  return layerOf({ own, ancestors: [] }, { assignedBy: 'local' });
}

function compare(when: string, expected: Fingerprint, seen: Fingerprint): void {
  for (const difference of diffFingerprints(expected, seen)) wrong.push(`${when}: ${difference}`);
}
