/**
 * CFEngine: one policy for both roles, chosen by a class; trees compared by digest and copied, native promises for users.
 *
 * Services are disabled, enabled and started by one `systemctl` call each, which is far faster than one services promise per
 * unit; and the standard library stays out, because parsing it takes longer than the policy.
 */
import { below, rulesetText, sysctlText, tree, unitDirectory, unitNames } from '../native-formats.ts';
import { fileRoot, nologin, otherOf, personas, type Role, roles } from '../workload.ts';
import type { Contender, Files } from './contender.ts';

const folder = '/srv/bench/cfengine';

export const cfengine: Contender = {
  name: 'CFEngine',
  packages: ['cfengine3'],
  files: {
    ...(Object.assign({}, ...roles.map(filesOf)) as Files),
    [`${folder}/promises.cf`]: policy(),
  },
  start: [],
  apply: (role) => ['run', 'cf-agent', '-KIf', `${folder}/promises.cf`, '-D', role],
};

function filesOf(role: Role): Files {
  const persona = personas[role];
  return {
    ...below(folder, role, tree(persona)),
    [`${folder}/${role}/etc/sysctl.d/60-bench.conf`]: sysctlText(persona),
    [`${folder}/${role}/etc/bench.nft`]: rulesetText(persona),
  };
}

function policy(): string {
  return `body common control { bundlesequence => { "names", "stop_other", "remove_other", "become" }; }

bundle agent names
{
  vars:
${roles.map(variables).join('')}}

bundle agent stop_other
{
  classes:
    "other_is_here" expression => fileexists("${unitDirectory}/bench-$(names.other)1.service"), scope => "namespace";
  commands:
    other_is_here:: "/usr/bin/systemctl disable --now $(names.other_units)" contain => quiet;
}

bundle agent remove_other
{
  users:
    "$(names.other_users)" policy => "absent";
  files:
    other_is_here::
      "${unitDirectory}/bench-$(names.other).*\\.service" delete => tidy;
      "${fileRoot}/$(names.other)" delete => tidy, depth_search => all, file_select => any;
      "${fileRoot}/$(names.other)" delete => tidy;
}

bundle agent become
{
  users:
    "$(names.users)" policy => "present", uid => "$(names.uid[$(names.users)])", home_dir => "/home/$(names.users)",
      shell => "${nologin}", description => "$(names.comment[$(names.users)])";
  files:
    "${fileRoot}/." copy_from => tree("${fileRoot}"), depth_search => all, perms => plain;
    "${unitDirectory}/." copy_from => tree("${unitDirectory}"), depth_search => all, perms => plain, classes => changed("units");
    "/etc/sysctl.d/60-bench.conf" copy_from => tree("/etc/sysctl.d/60-bench.conf"), perms => plain, classes => changed("sysctls");
    "/etc/bench.nft" copy_from => tree("/etc/bench.nft"), perms => plain, classes => changed("ruleset");
  commands:
    sysctls:: "/usr/sbin/sysctl -p /etc/sysctl.d/60-bench.conf" contain => quiet;
    ruleset:: "/usr/sbin/nft -f /etc/bench.nft";
    units|other_is_here:: "/usr/bin/systemctl daemon-reload";
    units:: "/usr/bin/systemctl enable --now $(names.units)" contain => quiet;
}

body copy_from tree(path) { source => "${folder}/$(names.role)$(path)"; compare => "digest"; copy_backup => "false"; }
body depth_search all { depth => "inf"; }
body perms plain { mode => "0644"; owners => { "root" }; }
body file_select any { leaf_name => { ".*" }; file_result => "leaf_name"; }
body delete tidy { dirlinks => "delete"; rmdirs => "true"; }
body classes changed(class) { promise_repaired => { "$(class)" }; }
body contain quiet { no_output => "true"; }
`;
}

function variables(role: Role): string {
  const persona = personas[role];
  const other = personas[otherOf(role)];
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
  return `    ${role}::
      "role" string => "${role}";
      "other" string => "${other.role}";
      "units" string => "${unitNames(persona).join(' ')}";
      "other_units" string => "${unitNames(other).join(' ')}";
      "users" slist => { ${quoted(persona.users.map(({ name }) => name))} };
      "other_users" slist => { ${quoted(other.users.map(({ name }) => name))} };
${persona.users.map(({ name, uid, comment }) => `      "uid[${name}]" string => "${uid}"; "comment[${name}]" string => "${comment}";\n`).join('')}`;
}
