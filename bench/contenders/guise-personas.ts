/** The workload as guise's own documents. */
import { fileText, nologin, type Persona, personas, type Role, unitText } from '../workload.ts';

export function personaId(role: Role): string {
  return `bench-${role}`;
}

/** One YAML document, as a person would write it, but for the patience. */
export function personaYaml(role: Role): string {
  const persona = personas[role];
  return `guise: persona/v1
persona_id: ${personaId(role)}
persona_name: The benchmark's ${role} role
parameters:
${Object.entries(persona.parameters)
  .map(([name, value]) => `  ${name}: {type: string, default: "${value}"}\n`)
  .join('')}operating_system:
  sysctl:
${Object.entries(persona.sysctls)
  .map(([name, value]) => `    ${name}: "${value}"\n`)
  .join('')}files:
${persona.files.map(({ path, number }) => fileEntry(role, path, number)).join('')}services:
${persona.services.map(serviceEntry).join('')}network_configuration:
  firewall:
    policy: drop
    allow:
${persona.firewall.map(({ port, from }) => `      - {port: ${port}${from === null ? '' : `, from: ${from}`}}\n`).join('')}security_profile:
  users:
${persona.users.map(({ name, uid, comment }) => `    ${name}: {uid: ${uid}, comment: ${comment}, shell: ${nologin}}\n`).join('')}`;
}

function fileEntry(role: Role, path: string, number: string): string {
  const text = fileText(role, (name) => (name === 'number' ? number : `{{ ${name} }}`));
  return `  ${path}:\n    mode: "0644"\n    content: |\n${indented(text, 6)}`;
}

function serviceEntry(service: Persona['services'][number]): string {
  return `  ${service.unit}:\n    state: running\n    enabled: true\n    unit: |\n${indented(unitText(service), 6)}`;
}

/** A text whose last line ends with a line break, as the body of a block scalar. */
function indented(text: string, columns: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(columns));
}
