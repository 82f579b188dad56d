/** A minimal script: trees copied, one call per kind, one daemon-reload, nothing verified, nothing undone when a step fails. */
import { below, rulesetText, sysctlText, tree, unitDirectory, unitNames, userNames } from '../native-formats.ts';
import { fileRoot, nologin, otherOf, type Persona, personas, type Role, roles } from '../workload.ts';
import type { Contender, Files } from './contender.ts';

const folder = '/srv/bench/bash';

export const bash: Contender = {
  name: 'bash',
  packages: [],
  files: Object.assign({}, ...roles.map(filesOf)) as Files,
  start: [],
  apply: (role) => ['run', 'bash', `${folder}/${role}.sh`],
};

function filesOf(role: Role): Files {
  const persona = personas[role];
  const wants = `${folder}/${role}${unitDirectory}/multi-user.target.wants`;
  return {
    ...below(folder, role, tree(persona)),
    ...Object.fromEntries(
      unitNames(persona).map((unit) => [`${wants}/${unit}`, { target: `${unitDirectory}/${unit}` }]),
    ),
    [`${folder}/${role}.conf`]: sysctlText(persona),
    [`${folder}/${role}.nft`]: rulesetText(persona),
    [`${folder}/${role}.sh`]: script(persona, personas[otherOf(role)]),
  };
}

/** The copied tree has the links that `systemctl enable` would make; that and `disable` would reload systemd once more each. */
function script(persona: Persona, other: Persona): string {
  const { role } = persona;
  const users = persona.users.map(({ name, uid, comment }) => `add ${name} ${uid} '${comment}'\n`);
  return `set -eu
cd ${folder}
add() { id "$1" >/dev/null 2>&1 || useradd --uid "$2" --comment "$3" --no-create-home --shell ${nologin} "$1"; }
units() { cat ${role}${unitDirectory}/*.service | cmp -s - <(cat ${unitDirectory}/bench-${role}*.service); }

if [ -e ${unitDirectory}/${other.services[0]!.unit} ]; then
  systemctl stop ${unitNames(other).join(' ')}
  rm -rf ${fileRoot}/${other.role} ${unitDirectory}/bench-${other.role}* ${unitDirectory}/*.wants/bench-${other.role}*
  for user in ${userNames(other).join(' ')}; do userdel "$user"; done
fi
units 2>/dev/null && changed=false || changed=true
cp -a ${role}/etc/. /etc/
${users.join('')}sysctl -q -p ${role}.conf
nft -f ${role}.nft
if $changed; then
  systemctl daemon-reload
  systemctl start ${unitNames(persona).join(' ')}
fi
`;
}
