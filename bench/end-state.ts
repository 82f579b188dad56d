/**
 * Reads the live host and says in what it differs from a role. Never within a measurement.
 *
 * A contender that does not reach the state has no time: it is reported as failed.
 */
import { createHash } from 'node:crypto';
import type { Lab } from '@guise/lab';
import { unitNames, userNames } from './native-formats.ts';
import { fileRoot, nologin, otherOf, type Persona, personas, type Role, renderedFile } from './workload.ts';

type Ask = (argv: readonly string[], input?: string) => Promise<string>;

/** Empty when the host is the role, wholly and nothing else. */
export async function differences(lab: Lab, host: string, role: Role): Promise<readonly string[]> {
  const ask: Ask = async (argv, input = '') => (await lab.run(host, argv, { input })).stdout;
  const persona = personas[role];
  const other = personas[otherOf(role)];
  const found = await Promise.all([
    filesDiffer(ask, persona),
    sysctlsDiffer(ask, persona),
    usersDiffer(ask, persona, other),
    firewallDiffers(ask, persona, other),
    servicesDiffer(ask, persona, other),
  ]);
  return found.flat();
}

async function filesDiffer(ask: Ask, persona: Persona): Promise<readonly string[]> {
  const wanted = persona.files.map((file) => `0644 root ${digest(renderedFile(persona.role, file))} ${file.path}`);
  const listing = await ask(['find', fileRoot, '-type', 'f', '-printf', '%m %u %p\n']);
  const digests = await ask(['find', fileRoot, '-type', 'f', '-exec', 'sha256sum', '{}', '+']);
  const digestOf = new Map(lines(digests).map((line) => [line.slice(66), line.slice(0, 64)]));
  const live = lines(listing).map((line) => {
    const [mode = '', owner = '', path = ''] = line.split(' ');
    return `${mode.padStart(4, '0')} ${owner} ${digestOf.get(path)} ${path}`;
  });
  return setsDiffer('file', live, wanted);
}

async function sysctlsDiffer(ask: Ask, { sysctls }: Persona): Promise<readonly string[]> {
  const live = lines(await ask(['sysctl', ...Object.keys(sysctls)])).map((line) => line.replaceAll(/\s+/g, ' '));
  return setsDiffer(
    'sysctl',
    live,
    Object.entries(sysctls).map(([name, value]) => `${name} = ${value}`),
  );
}

async function usersDiffer(ask: Ask, persona: Persona, other: Persona): Promise<readonly string[]> {
  const live = lines(await ask(['getent', 'passwd', ...userNames(persona), ...userNames(other)]));
  const wanted = persona.users.map(({ name, uid, comment }) => `${name} ${uid} ${comment} ${nologin}`);
  return setsDiffer(
    'user',
    live.map((line) => {
      const [name, , uid, , comment, , shell] = line.split(':');
      return `${name} ${uid} ${comment} ${shell}`;
    }),
    wanted,
  );
}

/** Each contender has a table of its own; what counts is that the kernel drops by default and lets in this role's ports. */
async function firewallDiffers(ask: Ask, persona: Persona, other: Persona): Promise<readonly string[]> {
  const ruleset = lines(await ask(['nft', 'list', 'ruleset']));
  const accepted = ruleset.filter((line) => /\bdport \d+ .*accept/.test(line));
  const live = accepted.map(
    (line) => `${/dport (\d+)/.exec(line)?.[1]} from ${/saddr (\S+)/.exec(line)?.[1] ?? 'any'}`,
  );
  const wanted = persona.firewall.map(({ port, from }) => `${port} from ${from ?? 'any'}`);
  const policy = ruleset.some((line) => /hook input .*policy drop/.test(line))
    ? []
    : ['firewall: the input policy is not drop'];
  return [...setsDiffer(`firewall (${other.role} must be gone)`, live, wanted), ...policy];
}

async function servicesDiffer(ask: Ask, persona: Persona, other: Persona): Promise<readonly string[]> {
  const properties = '--property=Id,LoadState,ActiveState,SubState,UnitFileState,Description';
  const text = await ask(['systemctl', 'show', properties, ...unitNames(persona), ...unitNames(other)]);
  const live = text
    .trim()
    .split('\n\n')
    .map((block) => {
      const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(block)?.[1] ?? '';
      const description = value('LoadState') === 'loaded' ? value('Description') : '';
      return ['Id', 'LoadState', 'ActiveState', 'SubState', 'UnitFileState'].map(value).concat(description).join(' ');
    });
  return setsDiffer('service', live, [
    ...persona.services.map(({ unit, description }) => `${unit} loaded active running enabled ${description}`),
    ...unitNames(other).map((unit) => `${unit} not-found inactive dead  `),
  ]);
}

const shownPerSet = 3;

function setsDiffer(what: string, live: readonly string[], wanted: readonly string[]): readonly string[] {
  const extra = live.filter((entry) => !wanted.includes(entry)).map((entry) => `${what} too much: ${entry}`);
  const missing = wanted.filter((entry) => !live.includes(entry)).map((entry) => `${what} missing: ${entry}`);
  return [...missing.slice(0, shownPerSet), ...extra.slice(0, shownPerSet)];
}

function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
