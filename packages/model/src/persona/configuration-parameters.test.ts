import { describe, expect, it } from 'vitest';
import { GuiseError } from '../errors.ts';
import { normalizeConfigurationParameters } from './configuration-parameters.ts';
import { parseDocument } from './parse.ts';
import { personaSchema } from './schema.ts';

const head = 'guise: persona/v1\npersona_id: web\n';

function problems(text: string): readonly string[] {
  try {
    parseDocument(head + text, 'web.yaml');
    return [];
  } catch (error) {
    if (error instanceof GuiseError) return error.problems.map((problem) => problem.message);
    throw error;
  }
}

describe('normalizeConfigurationParameters', () => {
  it('puts each entry into its facet, at the position of the entry', () => {
    const text = [
      'configuration_parameters:',
      '  sysctl.vm.swappiness: 10',
      '  sysctl.net.core.somaxconn: {at_least: 1024}',
      '  package.nginx: present',
      '  package.telnet: absent',
      '  package.curl: 7.88.*',
      '  service.nginx.state: running',
      '  service.nginx.service.enabled: true',
      '  service.apt-daily.timer.state: stopped',
      'software_stack: [wrk]',
      'operating_system: {sysctl: {net.ipv4.ip_forward: 1}, modules: [tcp_bbr]}',
    ].join('\n');
    const { document, positions } = normalizeConfigurationParameters(parseDocument(head + text, 'web.yaml'));
    expect(document).toEqual({
      guise: 'persona/v1',
      persona_id: 'web',
      software_stack: ['wrk', 'nginx', 'telnet=absent', 'curl=7.88.*'],
      operating_system: {
        sysctl: { 'net.ipv4.ip_forward': 1, 'vm.swappiness': 10, 'net.core.somaxconn': { at_least: 1024 } },
        modules: ['tcp_bbr'],
      },
      services: { 'nginx.service': { state: 'running', enabled: true }, 'apt-daily.timer': { state: 'stopped' } },
    });
    expect(personaSchema.safeParse(document).success).toBe(true);
    expect(positions).toMatchObject({
      'operating_system.sysctl.vm.swappiness': [4, 3],
      'software_stack.3': [8, 3],
      'services.nginx.service.state': [9, 3],
    });
  });

  it('adds to the list that a persona appends', () => {
    const text =
      'configuration_parameters: {package.nginx: present}\nsoftware_stack: {append: [wrk], remove: [telnet]}';
    const { document } = normalizeConfigurationParameters(parseDocument(head + text, 'web.yaml'));
    expect(document.software_stack).toEqual({ append: ['wrk', 'nginx'], remove: ['telnet'] });
  });

  it('leaves a document without it alone', () => {
    const located = parseDocument(head, 'web.yaml');
    expect(normalizeConfigurationParameters(located)).toBe(located);
  });
});

describe('configuration_parameters', () => {
  it.each([
    [
      'sysctl.swappiness: 1',
      'sysctl.swappiness',
      'must belong to a sysctl, such as "sysctl.vm.swappiness", and it is 1',
    ],
    [
      'sysctl.vm.swappiness: true',
      'sysctl.vm.swappiness',
      'must be a number, text, {at_least: N} or {at_most: N}, and it is true',
    ],
    ['package.curl: 7.88', 'package.curl', 'must be a version in quotes, "present" or "absent", and it is 7.88'],
    ['package.curl: "7 8"', 'package.curl', 'must be a version of a package, and it is "7 8"'],
    ['service.nginx.state: up', 'service.nginx.state', 'must be "running" or "stopped", and it is "up"'],
    ['service.nginx.enabled: 1', 'service.nginx.enabled', 'must be true or false, and it is 1'],
    [
      'service.a b.state: running',
      'service.a b.state',
      'must belong to a unit, such as "service.nginx.state", and it is "running"',
    ],
  ])('%s', (entry, key, expected) => {
    expect(problems(`configuration_parameters:\n  ${entry}\n`)).toEqual([
      `Cannot set "configuration_parameters.${key}": the value ${expected} (web.yaml:4:3)`,
    ]);
  });

  it.each([
    [
      'sysctl.vm.swappiness: 1',
      'operating_system: {sysctl: {vm.swappiness: 2}}',
      'operating_system.sysctl.vm.swappiness',
    ],
    ['package.nginx: absent', 'software_stack: [nginx=1.22.*]', 'software_stack'],
    ['service.nginx.state: running', 'services: {nginx.service: {state: stopped}}', 'services.nginx.service.state'],
  ])('%s is not said twice', (entry, twin, path) => {
    expect(problems(`configuration_parameters: {${entry}}\n${twin}\n`)).toEqual([
      expect.stringContaining(`must be left out, because "${path}" says it too`),
    ]);
  });

  it('values may be templates', () => {
    expect(problems('configuration_parameters: {service.nginx.enabled: "{{ on }}", package.nginx: "{{ v }}"}')).toEqual(
      [],
    );
  });
});
