import { describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.ts';
import { defineCommand, flagOf } from './command.ts';

const command = defineCommand({
  operands: [
    { name: 'FILE', kind: 'persona_file' },
    { name: 'HOW', kind: 'text', optional: true, choices: ['fast', 'slow'] },
  ],
  options: {
    stateDir: { type: 'string', value: 'DIR', summary: '' },
    param: { type: 'string', multiple: true, value: 'NAME=VALUE', summary: '' },
    to: { type: 'string', choices: ['previous', 'baseline'], summary: '' },
    yes: { type: 'boolean', summary: '' },
  },
  examples: [],
  run: async () => 0,
});

const parse = (...argv: readonly string[]) => parseArguments(argv, command).input;

describe('parseArguments', () => {
  it('reads options anywhere and fills in the others', () => {
    expect(parse('--yes', 'a.yaml', '--state-dir', '/x')).toEqual({
      operands: ['a.yaml'],
      options: { stateDir: '/x', param: [], to: undefined, yes: true },
    });
  });

  it('collects an option that may be given several times, in order', () => {
    expect(parse('a.yaml', '--param', 'a=1', '--param=b=2').options['param']).toEqual(['a=1', 'b=2']);
  });

  it('takes everything after -- as operands', () => {
    expect(parse('--', '--yes').operands).toEqual(['--yes']);
  });

  it.each([
    [['a.yaml', '--state-dr', 'x'], 'Unknown option --state-dr; did you mean --state-dir?'],
    [['a.yaml', '-y'], 'Unknown option -y'],
    [['a.yaml', '--state-dir'], 'Cannot use --state-dir without a value: write --state-dir DIR'],
    [['a.yaml', '--state-dir', '--yes'], 'Cannot use --state-dir without a value: write --state-dir DIR'],
    [['a.yaml', '--state-dir', 'x', '--state-dir', 'y'], 'Cannot use --state-dir twice'],
    [['a.yaml', '--yes=no'], 'Cannot use --yes=no: it takes no value'],
    [['a.yaml', '--to', 'nowhere'], 'Cannot use --to "nowhere": it must be previous or baseline'],
    [['a.yaml', 'fast', 'more'], 'Cannot use "more": there is nothing it could be'],
    [['a.yaml', 'quick'], 'Cannot use "quick" as HOW: it must be fast or slow'],
    [[], 'FILE is missing'],
  ])('refuses %j', (argv, message) => {
    expect(() => parse(...argv)).toThrow(expect.objectContaining({ code: 'argument_invalid', message }));
  });

  it('asks for no operands when help is wanted', () => {
    expect(parseArguments(['-h'], command).help).toBe(true);
  });
});

describe('flagOf', () => {
  it('writes names as people type them', () => {
    expect(flagOf('stateDir')).toBe('--state-dir');
  });
});
