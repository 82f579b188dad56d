/** Every bound of the system in one place. Units are in the names; counts have none. */
import { checkoutLimits } from './checkout-limits.ts';

export const limits = {
  /** A persona document as text, before parsing. */
  documentSizeBytes: 1024 * 1024,
  documentDepth: 32,
  documentNodes: 50_000,
  extendsDepth: 16,
  /** Documents that one persona is made of. */
  ancestors: 64,
  /** Text of all files that a persona's documents take in by `source` and `schema`. */
  sourcesSizeBytes: 8 * 1024 * 1024,
  /** Text of one document after its templates were rendered. */
  renderedSizeBytes: 16 * 1024 * 1024,
  /** A parameter's value, when it is text. */
  parameterChars: 1024,
  problemsReported: 50,
  /** One text after its templates were rendered. */
  templateSizeBytes: 1024 * 1024,
  /** A file that a persona manages, and a pre-image that the journal keeps. */
  fileSizeBytes: 64 * 1024 * 1024,
  changesPerPlan: 10_000,
  layersPerHost: 200,
  commandTimeoutMs: 120_000,
  commandOutputBytes: 1024 * 1024,
  packageTimeoutMs: 900_000,
  healthCheckTimeoutMs: 60_000,
  testTimeoutMs: 120_000,
  confirmTimeoutMs: 60_000,
  historyEntries: 1_000,
  /** Components of a path on a host. */
  pathDepth: 64,
  /** Symbolic links followed on the way to one path; the kernel allows 40. */
  linksFollowed: 16,
  /** Directories that one turn of the event loop keeps open. */
  openDirectories: 128,
  /** After a program ended: how long a process it left behind may still hold its output open. */
  commandDrainMs: 500,
  /** Waiting for useradd and its like to let go of the account files; lckpwdf(3) waits as long. */
  accountLockTimeoutMs: 15_000,
  accountLockRetryMs: 20,
  /** Waiting for SQLite's write lock inside one statement. */
  journalBusyMs: 5_000,
  /** Waiting for another transaction on this machine to end. */
  lockWaitMs: 600_000,
  lockPollMs: 20,
  /** What a host said of itself counts for this long. */
  factsRememberedMs: 1_000,
  /** For one answer to a health check. */
  healthAskMs: 5_000,
  /** The agent's socket: one request, and the time to send it. */
  localRequestBytes: 4 * 1024 * 1024,
  localRequestTimeoutMs: 30_000,
  /** Parsed personas that an agent keeps beside their files. */
  personasRemembered: 64,
  /** What a host keeps on disk of parsed and compiled personas. */
  keptValues: 256,
  keptValueBytes: 16 * 1024 * 1024,
  /** How often an agent looks at its own memory, and the growth at which it gives some back. */
  restPeriodMs: 20_000,
  restGrowthBytes: 4 * 1024 * 1024,
  /** Between two tries to enrol with a control plane that does not answer. */
  enrolRetryMs: 2_000,
  /** Of a switch as a whole; then it is undone. */
  transactionTimeoutMs: 1_800_000,
  /** How often an undo observes and sets again before it gives up and asks for a person. */
  undoAttempts: 3,
  /** One command of the lab, inside a host or on the machine, unless its caller says otherwise. */
  labCommandTimeoutMs: 120_000,
  /** Each of standard output and standard error of such a command. */
  labOutputBytes: 16 * 1024 * 1024,
  /** From the end of such a command until its output counts as complete although something still holds it open. */
  labOutputGraceMs: 500,
  /** From starting a lab host until its systemd has finished booting, on a machine busy with many of them. */
  labBootTimeoutMs: 180_000,
  labBootsAtOnce: 8,
  /** Downloading and unpacking the base image of all lab hosts. */
  labBaseBuildTimeoutMs: 900_000,
  /** Longer than building the base image, which holds the lock. */
  labLockTimeoutMs: 1_000_000,
  /** From SIGKILL until every process of a lab host is gone. */
  labKillTimeoutMs: 30_000,
  /** Apparent size of the sparse file in which all lab hosts live. */
  labPoolSizeBytes: 40 * 1024 * 1024 * 1024,
  /** What must be free in it before a host's root is copied, since a copy costs only what will differ. */
  labPoolReserveBytes: 512 * 1024 * 1024,
  /** Snapshots that one lab host has. */
  labSnapshotsPerHost: 16,
  /** Files of a host's root that are read at the same time for its fingerprint, and up to which size each is read at once. */
  fingerprintReads: 16,
  fingerprintWholeBytes: 1024 * 1024,
  /** What a provider lets one host take of its machine, at most. */
  providedCores: 4_096,
  providedMemoryMb: 64 * 1024 * 1024,
  /** One request to a provider beside the control plane, its answer, and how long an operation may take where an image is built first. */
  providerRequestBytes: 16 * 1024,
  providerAnswerBytes: 4 * 1024 * 1024,
  providerTimeoutMs: 1_200_000,
  /** Connections to it. */
  providerConnections: 256,
  /** One request to the control plane. */
  requestTimeoutMs: 60_000,
  requestBodyBytes: 8 * 1024 * 1024,
  /** Objects and lists in each other, in any JSON that comes from outside; a persona may be this deep inside a request. */
  jsonDepth: 64,
  /** The head of one request, and the time for it to arrive. */
  requestHeadBytes: 16 * 1024,
  requestHeadMs: 15_000,
  /** Between two looks at connections that are too slow, and for how long an idle one is kept. */
  connectionsCheckedMs: 5_000,
  connectionIdleMs: 72_000,
  /** Connections to one port of people and programs, all and of one address. */
  connections: 10_000,
  connectionsPerAddress: 1_000,
  /** The same of agents, many of which may come through one address. */
  agentConnections: 50_000,
  agentConnectionsPerAddress: 20_000,
  /** Requests of one principal, or of one address that says nothing of who it is, for good and at once. */
  requestsPerSecond: 1_000,
  requestsAtOnce: 10_000,
  /** Logins and enrolments of one address that failed. Past it, only who was let in before is. */
  failuresPerSecond: 5,
  failuresAtOnce: 200,
  /** Principals, addresses and credentials that each of these remembers. */
  callersRemembered: 10_000,
  /** Messages of one agent, for good and at once; a large one counts as one for each `agentUnitBytes`. Past it, it is read more slowly. */
  agentMessagesPerSecond: 100,
  agentMessagesAtOnce: 5_000,
  agentUnitBytes: 64 * 1024,
  /** Transactions of one host that the control plane keeps, as they take room in its database. */
  historyBytesPerHost: 64 * 1024 * 1024,
  /** One message on the wire between agent and control plane, either way. */
  wireMessageBytes: 32 * 1024 * 1024,
  pageItems: 500,
  tagsPerHost: 64,
  hostsPerGroup: 50_000,
  /** Hosts whose desired state is settled in one database transaction. */
  hostsPerBatch: 1_000,
  /** Questions to one agent that wait for its answer. */
  asksPerHost: 32,
  askTimeoutMs: 30_000,
  /**
   * The same of what takes long: a snapshot, a revert (a switch, and every file of the root), the tests of a host. Less than the hour
   * after which questions that nobody asks any more are cleared away.
   */
  snapshotAskMs: 300_000,
  revertAskMs: 2_400_000,
  testsAskMs: 3_000_000,
  /** Leases of one host, ever. A host says how far it is, so it must not be able to say what leaves no room for another. */
  fenceMax: 2 ** 48,
  /** Snapshots of one host by its own agent. */
  snapshotsPerHost: 8,
  /** A larger file stands in a fingerprint by its size and when it was changed. */
  fingerprintFileBytes: 16 * 1024 * 1024,
  /** Entries of one fingerprint, and how many are read before others have their turn. */
  fingerprintEntries: 500_000,
  fingerprintEntriesPerTurn: 64,
  /** What is not as at the snapshot, as far as a revert tells. */
  differingReported: 100,
  differingChars: 512,
  /** Tests that one question runs, and the end of what each printed. */
  testsPerAsk: 500,
  testOutputChars: 4_000,
  eventStreams: 200,
  eventStreamsPerCaller: 50,
  /** One event that is posted, as JSON; other CloudEvents systems promise to pass on as much. */
  eventSizeBytes: 64 * 1024,
  eventAttributes: 64,
  eventsPerRequest: 1_000,
  /** A request that posts events. */
  eventsBodyBytes: 1024 * 1024,
  /** Of one sender at one process of the control plane, for good and at once. A large event counts as one for each `eventUnitBytes`. */
  eventsPerSecond: 200,
  eventsAtOnce: 2_000,
  eventUnitBytes: 4 * 1024,
  /** One more for each of so many hosts that it is for, and hosts that the events of one request are for, each counted for each. */
  eventHostsPerUnit: 100,
  eventDeliveriesPerRequest: 200_000,
  /** Senders whose rate is kept at hand. */
  eventSenders: 1_000,
  /** For this long the same source and id are the same event. */
  eventDuplicateMs: 600_000,
  /** How long an event can still be sent to hosts, and how often what is older is cleared away. */
  eventLifeMs: 60_000,
  eventSweepMs: 30_000,
  /** Events that wait in one process to be sent, and that are sent in one round. */
  eventsToRoute: 10_000,
  eventsPerRound: 1_000,
  /** Messages with events that are sent before others have their turn. */
  eventsPerTurn: 1_000,
  /** Bytes that wait for a slow agent; past it, events for that agent are dropped. */
  agentBacklogBytes: 4 * 1024 * 1024,
  /** Alerts of one host that the control plane keeps, those that ended included. */
  alertsKeptPerHost: 1_000,
  /** How old the fleet's figures in `/metrics` may be. */
  fleetFiguresMs: 5_000,
  heartbeatMs: 10_000,
  /** The control plane writes what agents report, and looks again at what is desired of them, this often. */
  reportFlushMs: 100,
  heartbeatFlushMs: 2_000,
  desiredPeriodMs: 60_000,
  helloTimeoutMs: 10_000,
  /** An agent that said nothing for this long is taken for gone. */
  silenceMs: 35_000,
  reconnectMinMs: 500,
  reconnectMaxMs: 30_000,
  /** Hosts that one permission to go back names, where the control plane signs it. */
  hostsPerRollback: 100,
  joinTokenLifeMs: 15 * 60_000,
  /** Of a bearer token whose maker says nothing of it, and at most. */
  tokenLifeMs: 90 * 86_400_000,
  tokenLifeMaxMs: 365 * 86_400_000,
  /** Of the token that a login gives. */
  sessionLifeMs: 8 * 60 * 60_000,
  /** From sending a browser to the identity provider until it is back; and from then until its code is traded. */
  loginLifeMs: 10 * 60_000,
  loginCodeLifeMs: 60_000,
  /** Cookies of one request that are looked at. */
  cookies: 50,
  /** Steps of logins that one address may take, for good and at once, and addresses that are remembered. */
  loginsPerMinute: 30,
  loginsAtOnce: 60,
  loginAddresses: 10_000,
  /** Logins under way at one control plane. */
  loginsUnderWay: 10_000,
  rolesPerToken: 20,
  /** Roles of which a refusal finds out whether they would allow it. */
  rolesTried: 50,
  /** Hosts, tags or personas that a token is limited to, each. */
  scopeItems: 200,
  /** Groups that an identity provider says somebody is in. */
  groupsPerUser: 500,
  /** One policy, and all that were set. A character may take three bytes, and the audit keeps the whole text: see `auditDetailBytes`. */
  policyChars: 20 * 1024,
  /** Brackets in brackets, and operators in one rule: its reader goes down a stack of fixed size. */
  policyDepth: 20,
  policySteps: 200,
  policies: 200,
  /** How long what a decision was made from may be used again, and how many hosts and personas that is kept of. */
  permissionFactsMs: 1_000,
  permissionFacts: 20_000,
  /** The same, of a host whose agent speaks. */
  hostFactsMs: 60_000,
  /** The same denial is told once in this time, with how often it was; of one principal so many different ones. */
  denialPeriodMs: 60_000,
  denialsPerPrincipal: 20,
  denialPrincipals: 1_000,
  /** What the control plane asks of others by HTTP: the whole of it, its answer, and how often it may be sent elsewhere. */
  outboundTimeoutMs: 10_000,
  outboundBodyBytes: 1024 * 1024,
  outboundRedirects: 3,
  /** What an identity provider said of itself counts for this long; and how far its clock may be off. */
  issuerFreshMs: 3_600_000,
  issuerClockToleranceS: 30,
  /** A signed statement in an envelope, as base64 of its canonical JSON. */
  envelopePayloadChars: 16 * 1024 * 1024,
  /** An envelope as text, before parsing; and how deep and how many its values may be. */
  envelopeSizeBytes: 16 * 1024 * 1024 + 16 * 1024,
  envelopeDepth: 3,
  envelopeValues: 128,
  signaturesPerEnvelope: 16,
  /** A file with one key of a person, private or public. */
  keyFileBytes: 16 * 1024,
  /** The same of the statement inside, whose persona has its documents in it. */
  statementDepth: 48,
  statementValues: 1_000_000,
  /** A host that was away for more root changes than these enrols again. */
  rootsPerWelcome: 64,
  /** Permissions to go back that one host has used; then it enrols again. */
  rollbacksUsed: 10_000,
  keysPerRole: 64,
  keysPerRoot: 256,
  rulesPerRoot: 1_000,
  /** A signed version of a persona, when its signer says nothing of its end. */
  signatureLifeMs: 90 * 86_400_000,
  /** The same of a root, of a permission to go back, and the furthest end that anything signed may have. */
  rootLifeMs: 5 * 365 * 86_400_000,
  rollbackLifeMs: 7 * 86_400_000,
  signedLifeMaxMs: 100 * 365 * 86_400_000,
  /** Of a root that a control plane makes for itself. */
  developmentRootLifeMs: 10 * 365 * 86_400_000,
  /** Of a host's certificate; it is renewed at half of it. */
  certificateLifeMs: 86_400_000,
  /** Of the control plane's authority; hosts enrol again when it ends. */
  authorityLifeMs: 10 * 365 * 86_400_000,
  /** How far the clocks of hosts and control plane may be apart when a certificate begins. */
  clockSkewMs: 5 * 60_000,
  /** A certificate request as PEM. */
  csrChars: 1_024,
  /** What a host reads of an answer to an enrolment, a renewal or a refused connection. */
  enrolmentAnswerBytes: 1024 * 1024,
  /** How often a host looks whether its certificate is to be renewed, because a clock may have jumped. */
  renewalCheckMs: 3_600_000,
  /** Between two tries of a host that was refused: its identity is locked, revoked or forgotten until a person enrols it again. */
  refusedRetryMs: 600_000,
  /** Between two signed checkpoints of the audit log. */
  checkpointPeriodMs: 60_000,
  /** Of one checkpoint, as the note that was signed. */
  checkpointChars: 4096,
  /** How often entries of the audit are given their places in the log, and how many at a time. */
  auditSequenceMs: 1_000,
  auditEntriesPerBatch: 5_000,
  /** Of an entry's detail as JSON; of a longer one the entry has the digest. */
  auditDetailBytes: 64 * 1024,
  /** Entries of the log in one answer, and their bytes. */
  auditPageEntries: 1_000,
  auditPageBytes: 4 * 1024 * 1024,
  /** Proofs for agents that one process keeps at hand. */
  auditProofsKept: 1_000,
  /** Refused checkpoints that a host keeps: the first ones, and the last. */
  auditEvidence: 8,
  /** What is wrong with a log, as far as it is listed. */
  auditFindings: 100,
  /** Entries between two checkpoints among which one that was put in is looked for. */
  auditEntriesTried: 2_000,
  /** Hashes that are kept to find out what is wrong between two checkpoints. */
  auditEntriesKept: 200_000,
  /** One line of an export. */
  auditLineBytes: 1024 * 1024,
  secretBytes: 64 * 1024,
  secretsPerHost: 1_000,
  /** At one control plane. */
  secretsMax: 100_000,
  /** Of one secret at the control plane, the newest included. */
  secretVersionsKept: 5,
  /** Shorter values cannot be told from ordinary words in what a program prints. */
  secretRedactedChars: 4,
  /** Names whose highest version a host remembers. */
  secretVersionsRemembered: 10_000,
  /** From starting a control plane in a process of its own until it answers, and from asking it to end until it is ended. */
  serverStartMs: 60_000,
  serverEndMs: 60_000,
  databaseStartMs: 30_000,
  databaseStopMs: 30_000,
  databaseStatementMs: 30_000,
  databaseConnections: 10,
  /** Of units that do not run after their start, in one message; and of the last lines of their journal. */
  deadUnitsReported: 5,
  deadUnitLogLines: 5,
  /** Starting, stopping and reloading units: longer than systemd's own default for one start, which is 90 s. */
  unitJobTimeoutMs: 120_000,
  /** Checks of kind `command` that run at the same time. */
  commandsAtOnce: 8,
  /** Waiting for somebody else's apt or dpkg to end, in seconds. */
  packageLockTimeoutS: 120,
  /** Versions of a package that a message lists. */
  packageVersionsReported: 10,
  /** Files, directories and links in one footprint of a host. */
  footprintEntries: 500_000,
  /** A larger file of /etc is watched and not restored: such are made from others, like hwdb.bin. */
  footprintFileSizeBytes: 1024 * 1024,
  /** One script, such as a schema file, run by the PostgreSQL of a host; and until a server that was just started answers. */
  postgresScriptTimeoutMs: 600_000,
  postgresReadyMs: 15_000,
  postgresRetryMs: 200,
  /** Names of metrics that one host reads. */
  metricsPerHost: 1_000,
  /** How often a metric is read that a trigger depends on and that says nothing of it. */
  metricPeriodMs: 1_000,
  /** The same, when no trigger depends on it. */
  metricIdlePeriodMs: 10_000,
  /** A metric from a file or a Prometheus page: one reading, and its size. */
  metricSourceTimeoutMs: 5_000,
  metricSourceBytes: 4 * 1024 * 1024,
  metricFileBytes: 64 * 1024,
  /** How long an answer of statfs(2) counts, and how many such questions may be open. */
  diskUsageFreshMs: 10_000,
  diskQuestions: 2,
  /** Sessions on one host that are looked at, and how often they are, besides at each change that the kernel tells of. */
  sessionsPerHost: 1_000,
  loginsPeriodMs: 15_000,
  /** How long after a change in a directory it is looked at, so that many changes are one look. */
  watchSettleMs: 100,
  watchedDirectories: 256,
  /** How long the triggers of a host go without being evaluated: a clock may have jumped. */
  evaluationPeriodMs: 10_000,
  /** How often what the triggers know is kept on disk, besides at each switch. */
  snapshotPeriodMs: 60_000,
  /** Events that wait for the next evaluation on one host. */
  eventsWaiting: 1_000,
  holdsPerHost: 64,
  /** Of a manual apply or rollback that says nothing of it. */
  holdDefaultMs: 60 * 60_000,
  holdMaxMs: 30 * 24 * 60 * 60_000,
  /** Between two tries to activate a persona whose switch was rolled back. */
  switchRetryMinMs: 30_000,
  switchRetryMaxMs: 60 * 60_000,
  /** Candidates in one report of a host. */
  candidatesPerHost: 400,
  /** Alerts that one host tells of at once. */
  alertsPerHost: 500,
  /** How often managed addresses are compared with what they should be, besides at each change that the kernel tells of. */
  driftPeriodMs: 60_000,
  /** Between two enforcements of one address that somebody keeps changing; and after how long without one that is forgotten. */
  driftRetryMinMs: 30_000,
  driftRetryMaxMs: 60 * 60_000,
  driftForgottenMs: 10 * 60_000,
  /** Pairs of source and id that triggers remember, so that an event that comes twice is one; and of one pair, before it is digested. */
  eventsRemembered: 4_096,
  eventKeyChars: 128,
  /** Values in the data of an event that conditions may look at; in larger ones none holds. */
  eventValues: 2_000,
  /** Evaluations at one instant of a replay: a switch and what it leads to at once. */
  replayRounds: 4,
  /** Triggers of one persona, in both trees. */
  triggerLeaves: 200,
  /** Compiled address and version globs that one process keeps at hand. */
  globsRemembered: 1_000,
  /** How long a step of a flow is one process's before another may take it over; renewed at a third of it while the step runs. */
  flowClaimMs: 6000,
  flowsAtOnce: 32,
  /** Of what a step decided, when it and the end of another step wait for each other. */
  flowWriteTries: 5,
  flowRetryMinMs: 250,
  flowRetryMaxMs: 15_000,
  /** How often flows are looked for that no signal told of. */
  flowPeriodMs: 5000,
  /** One question to what sends requests to hosts, its answer, and how often it is asked while something is waited for. */
  trafficCommandTimeoutMs: 5_000,
  trafficAnswerBytes: 4 * 1024 * 1024,
  trafficPollMs: 50,
  /** Of one change to a name whose addresses somebody else changes at the same time. */
  trafficUpdateAttempts: 5,
  traffics: 100,
  /** Of one of them, hosts whose state is asked for at a time, and in one list. */
  trafficHostsAtOnce: 8,
  trafficHostsShown: 200,
  /** Draining or restoring by hand, while somebody waits for the answer. */
  trafficTurnMs: 50_000,
  /** How often a machine that several hosts share is looked at, and divided. */
  rebalancePeriodMs: 500,
  /** What a provider says of a machine, or does to the share of one host. */
  rebalanceTimeoutMs: 5_000,
  /** How long a provider's answer counts to whether it can resize a host. */
  capabilitiesFreshMs: 60_000,
  /** Versions of personas of which a control plane remembers what they need of a machine. */
  personaNeedsKept: 1_000,
  /** Asking for a turn at what one process does at a time. */
  turnTimeoutMs: 5_000,
  /** Between two wordings of what a host lacks; and after how long without cause that is over. */
  contentionAlertMs: 10_000,
  /** How long a goal has to be missed before that is an alert, so that three samples of an ordinary metric agree. */
  goalMissedMs: 30_000,
  poolsMax: 1_000,
  hostsPerPool: 20_000,
  warmHostsPerPool: 1_000,
  /** A host that is to be activated and is not heard of for this long is given up. */
  activationHostGoneMs: 60_000,
  /** Between two looks of an activation that waits for something else to end, if nothing tells it. */
  activationLookMs: 1_000,
  /** Hosts of which an activation keeps why it is not on them. */
  activationTries: 200,
  /** Hosts on which one activation may fail before it is given up. */
  activationHostsTried: 10,
  /** After a host could not be made ready for what its pool keeps ready: until the next try. */
  warmRetryMs: 5 * 60_000,
  /** How often pools are looked at for spares that no signal told of. */
  warmPeriodMs: 15_000,
  webhooks: 100,
  webhookTypes: 32,
  /** Deliveries in hand of one process, and of one webhook. */
  webhooksAtOnce: 32,
  webhookDeliveriesAtOnce: 4,
  /** Deliveries that wait for one webhook; past it the oldest have failed. */
  webhookDeliveriesWaiting: 10_000,
  webhookRetryMinMs: 5_000,
  webhookRetryMaxMs: 3_600_000,
  webhookGiveUpMs: 24 * 3_600_000,
  /** How long it is told what became of one. */
  webhookDeliveryKeptMs: 7 * 24 * 3_600_000,
  /** How often they are looked for that no signal told of, and how often old ones are cleared away. */
  webhookPeriodMs: 5_000,
  webhookSweepMs: 60_000,
  ...checkoutLimits,
} as const;
