export type { AlertReport } from './alert.ts';
export type { CandidateReport } from './candidate.ts';
export { canonicalJson } from './canonical.ts';
export type { CloudEvent } from './cloud-event.ts';
export { digestOfBytes, digestOfJson } from './digest.ts';
export { durationMs } from './duration.ts';
export type { ErrorCode, ErrorKind, GuiseErrorOptions, Problem } from './errors.ts';
export { exitCodeOf, GuiseError, isErrorCode, retryable, statusOf } from './errors.ts';
export type { Hold } from './hold.ts';
export type { Digest, HostId, PersonaId } from './ids.ts';
export { parseHostId, parsePersonaId } from './ids.ts';
export type { Json } from './json.ts';
export { tooDeepAt } from './json-depth.ts';
export { limits } from './limits.ts';
export { logText } from './log-text.ts';
export { builtInMetric, builtInMetrics, metricAliases, metricName } from './metric-name.ts';
export { nearName } from './near-name.ts';
export type { Trigger } from './persona/facets/triggers.ts';
export { type LayerOptions, layerOf } from './persona/layer.ts';
export type { ParameterValues } from './persona/parameters.ts';
export type { PersonaReader } from './persona/persona-folder.ts';
export { positionOf } from './persona/position-of.ts';
export { errorOf, problemOf, quotedPath } from './persona/problem.ts';
export type { RenderContext, RenderedPersona } from './persona/render.ts';
export type { Facts, Layer, LocatedDocument, Positions, ResolvedPersona, Signature } from './persona/resolved.ts';
export type { ParameterDefinition, PersonaDocument } from './persona/schema.ts';
export { secretsOf } from './persona/secret-names.ts';
export { isTemplate } from './persona/template.ts';
export type { Change, Conflict, LayerRef, Nudge, Plan, Probe, Reversibility, Stage } from './plan.ts';
export type {
  DriftReport,
  ReportedChange,
  StateReport,
  TransactionReport,
  TransactionStatus,
  WhyClaim,
  WhyField,
  WhyLayer,
  WhyReport,
} from './report.ts';
export type {
  AccountRecord,
  Address,
  AddressState,
  AuthorizedKeyState,
  CommandState,
  DatabaseState,
  FileState,
  FirewallRule,
  FirewallState,
  GroupState,
  HostsEntryState,
  Kind,
  LimitState,
  ModuleState,
  MountState,
  PackageState,
  RouteState,
  ServiceState,
  State,
  StateByKind,
  SysctlState,
  TimerState,
  UnitState,
  UserState,
} from './resource.ts';
export { addressOf, kindOf, kinds, nameOf, parseAddress } from './resource.ts';
export {
  isKeyedDigest,
  isRecipeDigest,
  isSecretState,
  keyedPrefix,
  recipePrefix,
  type SecretContent,
  shownSecret,
  shownState,
  shownValue,
} from './secret.ts';
export type { VerifySignature } from './trust/verify-signature.ts';
