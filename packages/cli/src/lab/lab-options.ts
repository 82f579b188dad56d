import type { OptionTable } from '../command.ts';

export const labOptions = {
  name: { type: 'string', value: 'LAB', summary: 'Which lab (default: lab)' },
} as const satisfies OptionTable;
