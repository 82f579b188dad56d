/** The repository's own rules, as tests over every file that git keeps. Each rule must also find its own bad samples. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decisionRules } from './tidy/decision-rules.ts';
import { languageRules } from './tidy/language-rules.ts';
import { lockRules } from './tidy/lock-rules.ts';
import { packageRules } from './tidy/package-rules.ts';
import { readRepository, repositoryOf } from './tidy/repository.ts';
import { filesOf } from './tidy/rule.ts';
import { startupRules } from './tidy/startup-rules.ts';
import { textRules } from './tidy/text-rules.ts';
import { threatRules } from './tidy/threat-rules.ts';

const repository = readRepository(join(import.meta.dirname, '..'));

const rules = [
  ...packageRules,
  ...startupRules,
  ...languageRules,
  ...textRules,
  ...decisionRules,
  ...lockRules,
  ...threatRules,
];

describe.each(rules)('$name', (rule) => {
  it('is kept here', () => {
    const findings = rule.check(repository).map(({ path, line, what }) => `${path}:${line}: ${what}`);
    expect(findings, rule.why).toEqual([]);
  });

  it.each(rule.bad)('finds bad sample %#', (sample) => {
    expect(rule.check(repositoryOf(filesOf(sample)))).not.toEqual([]);
  });

  it.each(rule.good)('passes good sample %#', (sample) => {
    expect(rule.check(repositoryOf(filesOf(sample)))).toEqual([]);
  });
});

it('sees the repository', () => {
  expect(repository.files.has('package.json')).toBe(true);
  expect(repository.sources.map(({ path }) => path)).toContain('tests/tidy.test.ts');
});
