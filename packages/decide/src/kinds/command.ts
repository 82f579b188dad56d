/**
 * Commands, for what no other kind covers: `check` exits 0 when `do` has been done.
 *
 * The vectors are carried, so that a command can be undone when the persona that brought it is gone. One without `undo`
 * stays done, and the plan says so.
 */
import type { CommandState } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import { overlay } from './complete.ts';
import type { KindRules } from './kind-rules.ts';

const absent: CommandState = { done: false, check: [], do: [], undo: null };

export const command: KindRules = {
  kind: 'command',
  absent,
  complete: (claimed, baseline) => overlay(absent, claimed, baseline),
  carried: ['check', 'do', 'undo'],
  remembered: ['check', 'do', 'undo'],
  stays: (live, target) =>
    live['done'] && !target['done'] && (live['undo'] ?? null) === null ? 'it was done by a command without undo' : null,
  reversibility: (before, after) =>
    after['done'] && !before['done'] && after['undo'] === null ? 'irreversible' : 'compensating',
  rank: (_before, after) => (after['done'] ? ranks.command : ranks.takeBack),
};
