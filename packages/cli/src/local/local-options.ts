/** Options of the commands that work on this machine without a control plane. */
import type { OptionTable } from '../command.ts';

export const hostOptions = {
  root: {
    type: 'string',
    value: 'DIR',
    summary: 'Work on the tree of files below DIR, where nothing runs (default /)',
  },
  stateDir: { type: 'string', value: 'DIR', summary: 'Where the journal is (default /var/lib/guise below the root)' },
} as const satisfies OptionTable;

export const layerOptions = {
  param: {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    summary: 'A parameter of every persona that has it; INSTANCE.NAME=VALUE for one of them',
  },
  priority: {
    type: 'string',
    multiple: true,
    value: 'NUMBER',
    summary: 'Priority of every persona given; INSTANCE=NUMBER for one of them (default: its own, else 50)',
  },
  as: {
    type: 'string',
    multiple: true,
    value: 'INSTANCE',
    summary: 'Name of the instance, once for each FILE in their order (default: the persona_id)',
  },
} as const satisfies OptionTable;
