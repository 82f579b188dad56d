/** Reading triggers. Apart from the index, because it brings the language of schedules; an engine runs what was read without it. */
export { checkPersona, triggersOf } from './triggers/read-triggers.ts';
