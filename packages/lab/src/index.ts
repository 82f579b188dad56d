export type { HostLimits } from './cgroup-layout.ts';
export type { CommandResult } from './command.ts';
export type { HostSpec, Lab, LabHost, LabOptions, RunOptions } from './lab.ts';
export { labDirectory, openLab } from './lab.ts';
export type { BreakKind } from './lab-state.ts';
export { isBreakKind } from './lab-state.ts';
export type { LabSupport } from './support.ts';
export { labSupport } from './support.ts';
