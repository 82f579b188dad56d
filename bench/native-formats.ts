/** The personas in the formats of sysctl, nft and systemd, which several contenders hand over as they are. */
import { type Persona, type Role, renderedFile, type User, unitText } from './workload.ts';

export const unitDirectory = '/etc/systemd/system';

/** For `sysctl -p`. */
export function sysctlText({ sysctls }: Persona): string {
  return Object.entries(sysctls)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}

/** For `nft -f`: replaces the table in one kernel transaction, whatever was there. */
export function rulesetText({ firewall }: Persona): string {
  const rules = firewall.map(
    ({ port, from }) => `    ${from === null ? '' : `ip saddr ${from} `}tcp dport ${port} accept\n`,
  );
  return `table inet bench
delete table inet bench
table inet bench {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iif lo accept
${rules.join('')}  }
}
`;
}

/** By path on the host: its files as they must be, and below `unitDirectory` its units. */
export function tree(persona: Persona): { readonly [path: string]: string } {
  return {
    ...Object.fromEntries(persona.files.map((file) => [file.path, renderedFile(persona.role, file)])),
    ...unitFiles(persona),
  };
}

function unitFiles({ services }: Persona): { readonly [path: string]: string } {
  return Object.fromEntries(services.map((service) => [`${unitDirectory}/${service.unit}`, unitText(service)]));
}

/** Puts a role's tree below a folder of the contender's own. */
export function below(
  folder: string,
  role: Role,
  files: { readonly [path: string]: string },
): { readonly [path: string]: string } {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${role}${path}`, text]));
}

export function unitNames({ services }: Persona): readonly string[] {
  return services.map(({ unit }) => unit);
}

export function userNames({ users }: Pick<Persona, 'users'>): readonly User['name'][] {
  return users.map(({ name }) => name);
}
