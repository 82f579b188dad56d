/**
 * Puppet: `puppet apply` of one manifest for both roles, in native types, with the files from a template.
 *
 * What Puppet has no type for, kernel parameters and the ruleset, is a file and a command that runs when the file changes, as
 * people do. Puppet reloads systemd by itself when a unit's file has changed.
 */
import { rulesetText, sysctlText, unitDirectory } from '../native-formats.ts';
import {
  fileRoot,
  fileText,
  nologin,
  otherOf,
  type Persona,
  personas,
  type Role,
  roles,
  unitText,
} from '../workload.ts';
import type { Contender, Files } from './contender.ts';

const folder = '/srv/bench/puppet';

export const puppet: Contender = {
  name: 'Puppet',
  packages: ['puppet-agent'],
  files: Object.assign({}, ...roles.map(filesOf)) as Files,
  start: [],
  apply: (role) => ['run', 'puppet', 'apply', '--log_level=warning', `${folder}/${role}.pp`],
};

function filesOf(role: Role): Files {
  const persona = personas[role];
  return {
    [`${folder}/${role}.pp`]: manifest(persona, personas[otherOf(role)]),
    [`${folder}/${role}.epp`]: fileText(role, (name) => `<%= $${name} %>`),
    [`${folder}/${role}.conf`]: sysctlText(persona),
    [`${folder}/${role}.nft`]: rulesetText(persona),
  };
}

function manifest(persona: Persona, other: Persona): string {
  const { role, parameters } = persona;
  const values = Object.entries(parameters).map(([name, value]) => `'${name}' => '${value}'`);
  return `# Makes this host a ${role} server, and takes away what made it a ${other.role} server.
File { owner => 'root', group => 'root', mode => '0644' }

# The other role goes.
service { [${quoted(other.services.map(({ unit }) => unit))}]:
  ensure => stopped, enable => false,
}
file { [${quoted(other.services.map(({ unit }) => `${unitDirectory}/${unit}`))}]:
  ensure => absent, require => Service[${quoted(other.services.map(({ unit }) => unit))}],
}
user { [${quoted(other.users.map(({ name }) => name))}]: ensure => absent }
file { '${fileRoot}/${other.role}': ensure => absent, recurse => true, force => true }

# This role comes.
file { ['${fileRoot}', '${fileRoot}/shared', '${fileRoot}/${role}']: ensure => directory, mode => '0755' }
$parameters = { ${values.join(', ')} }
$files = { ${persona.files.map(({ path, number }) => `'${path}' => '${number}'`).join(', ')} }
$files.each |$path, $number| {
  file { $path: content => epp('${folder}/${role}.epp', $parameters + { 'number' => $number }) }
}
${persona.users.map(userResource).join('')}
file { '/etc/sysctl.d/60-bench.conf': source => '${folder}/${role}.conf' }
~> exec { '/usr/sbin/sysctl -p /etc/sysctl.d/60-bench.conf': refreshonly => true }
file { '/etc/bench.nft': source => '${folder}/${role}.nft' }
~> exec { '/usr/sbin/nft -f /etc/bench.nft': refreshonly => true }
${persona.services
  .map(
    (service) => `file { '${unitDirectory}/${service.unit}': content => '${unitText(service)}' }
~> service { '${service.unit}': ensure => running, enable => true }
`,
  )
  .join('')}`;
}

function userResource({ name, uid, comment }: Persona['users'][number]): string {
  return `user { '${name}': ensure => present, uid => ${uid}, comment => '${comment}', shell => '${nologin}', home => '/home/${name}' }\n`;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}
