/**
 * Every command there is: its name, one line about it, and where the rest of it is.
 *
 * A group is nothing but the first word of several names. Loading is lazy, so that `guise plan` never loads the server or the lab.
 */
import type { Command } from '../command.ts';

export interface CommandEntry {
  /** One word, or group and word: `plan`, `host ls`. */
  readonly name: string;
  readonly summary: string;
  /** Heading in help. */
  readonly section: string;
  readonly load: () => Promise<Command>;
}

const local = 'This machine';
const persona = 'Personas';
const trust = 'Keys and trust roots';
const trigger = 'Triggers';
const host = 'Hosts, through the control plane';
const lending = 'Borrowing hosts';
const pools = 'Pools of hosts that wait to be needed';
const adaptation = 'What makes hosts adapt themselves';
const traffic = 'What sends requests to hosts';
const news = 'Who is told of what happens';
const secret = 'Secrets, through the control plane';
const audit = 'Who did what';
const people = 'Who may do what';
const lab = 'Lab hosts on this machine';
const run = 'Running guise';

export const commandEntries: readonly CommandEntry[] = [
  entry(local, 'plan', 'Show what applying personas would change', async () => (await import('./plan.ts')).plan),
  entry(local, 'apply', 'Make exactly these personas the active set', async () => (await import('./apply.ts')).apply),
  entry(
    local,
    'rollback',
    'Go back to the active set before, or to the baseline',
    async () => (await import('./rollback.ts')).rollback,
  ),
  entry(local, 'active', 'List the active personas', async () => (await import('./active.ts')).active),
  entry(local, 'why', 'Tell why one thing on this machine is as it is', async () => (await import('./why.ts')).why),
  entry(local, 'drift', 'Show what somebody else changed', async () => (await import('./drift.ts')).drift),
  entry(
    local,
    'history',
    'List what has been applied and rolled back',
    async () => (await import('./history.ts')).history,
  ),

  entry(
    persona,
    'persona validate',
    'Check persona files',
    async () => (await import('./persona-validate.ts')).personaValidate,
  ),
  entry(
    persona,
    'persona publish',
    'Publish persona files at the control plane',
    async () => (await import('./persona-publish.ts')).personaPublish,
  ),
  entry(
    persona,
    'persona sign',
    'Sign a persona as a new version, or sign what somebody else signed',
    async () => (await import('./persona-sign.ts')).personaSign,
  ),
  entry(
    persona,
    'persona verify',
    'Tell whether a host would take a signed persona',
    async () => (await import('./persona-verify.ts')).personaVerify,
  ),
  entry(
    persona,
    'persona sign-rollback',
    'Sign a permission for hosts to go back to an older version',
    async () => (await import('./persona-sign-rollback.ts')).personaSignRollback,
  ),
  entry(persona, 'persona ls', 'List published personas', async () => (await import('./persona-ls.ts')).personaLs),
  entry(
    persona,
    'persona show',
    'Show a published persona',
    async () => (await import('./persona-show.ts')).personaShow,
  ),
  entry(
    persona,
    'persona diff',
    'Compare two personas, published or files',
    async () => (await import('./persona-diff.ts')).personaDiff,
  ),
  entry(
    persona,
    'persona group',
    'Show or change which personas a persona group has',
    async () => (await import('./persona-group.ts')).personaGroup,
  ),
  entry(
    persona,
    'persona schema',
    'Print the JSON Schema of persona documents',
    async () => (await import('./persona-schema.ts')).personaSchemaCommand,
  ),

  entry(
    persona,
    'persona rollback',
    'Make an older version the current one',
    async () => (await import('./persona-rollback.ts')).personaRollback,
  ),

  entry(trust, 'key new', 'Make a key that signs', async () => (await import('./key-new.ts')).keyNew),
  entry(trust, 'key show', 'Print the public half of a key', async () => (await import('./key-show.ts')).keyShow),
  entry(trust, 'root new', 'Make a trust root: who signs what', async () => (await import('./root-new.ts')).rootNew),
  entry(trust, 'root sign', 'Add a signature to a root', async () => (await import('./root-sign.ts')).rootSign),
  entry(
    trust,
    'root next',
    'Make the root after a root: keys come, leave or are replaced',
    async () => (await import('./root-next.ts')).rootNext,
  ),
  entry(
    trust,
    'root publish',
    'Give the control plane and its hosts the next root',
    async () => (await import('./root-publish.ts')).rootPublish,
  ),
  entry(trust, 'root show', 'Show who signs what', async () => (await import('./root-show.ts')).rootShow),

  entry(
    trigger,
    'trigger replay',
    'Rehearse triggers on recorded metrics and events',
    async () => (await import('./trigger-replay.ts')).triggerReplay,
  ),

  entry(host, 'host ls', 'List hosts', async () => (await import('./host-ls.ts')).hostLs),
  entry(
    host,
    'host show',
    'Show a host, its personas, why they are active, and its last switch',
    async () => (await import('./host-show.ts')).hostShow,
  ),
  entry(host, 'host plan', 'Show what a host would change now', async () => (await import('./host-plan.ts')).hostPlan),
  entry(host, 'host assign', 'Give hosts a persona', async () => (await import('./host-assign.ts')).hostAssign),
  entry(
    host,
    'host unassign',
    'Take a persona from hosts',
    async () => (await import('./host-unassign.ts')).hostUnassign,
  ),
  entry(
    host,
    'host rollback',
    'Take a host back by hand',
    async () => (await import('./host-rollback.ts')).hostRollback,
  ),
  entry(
    host,
    'host hold',
    'Keep a persona active or inactive on a host for a time, or list what is held',
    async () => (await import('./host-hold.ts')).hostHold,
  ),
  entry(
    host,
    'host why',
    'Tell why one thing on a host is as it is',
    async () => (await import('./host-why.ts')).hostWhy,
  ),
  entry(
    host,
    'host history',
    'List what a host has applied and rolled back',
    async () => (await import('./host-history.ts')).hostHistory,
  ),
  entry(host, 'host tag', 'Show or change the tags of a host', async () => (await import('./host-tag.ts')).hostTag),
  entry(
    host,
    'host token',
    'Make a token with which one host may join',
    async () => (await import('./host-token.ts')).hostToken,
  ),
  entry(
    host,
    'host revoke',
    'Let a host in no more, until it joins again',
    async () => (await import('./host-revoke.ts')).hostRevoke,
  ),

  entry(pools, 'pool new', 'Make a pool', async () => (await import('./pool-new.ts')).poolNew),
  entry(pools, 'pool ls', 'List pools and what their hosts do', async () => (await import('./pool-ls.ts')).poolLs),
  entry(
    pools,
    'pool show',
    'Show a pool, its hosts and what was drawn from it',
    async () => (await import('./pool-show.ts')).poolShow,
  ),
  entry(
    pools,
    'pool set',
    'Say how many hosts of a pool are kept ready, and with what',
    async () => (await import('./pool-set.ts')).poolSet,
  ),
  entry(pools, 'pool add', 'Put hosts into a pool', async () => (await import('./pool-add.ts')).poolAdd),
  entry(
    pools,
    'pool remove',
    'Take idle hosts out of a pool',
    async () => (await import('./pool-remove.ts')).poolRemove,
  ),
  entry(pools, 'pool rm', 'Remove a pool that has no hosts', async () => (await import('./pool-rm.ts')).poolRm),
  entry(
    pools,
    'activate',
    'Put a host of a pool into service as a persona',
    async () => (await import('./activate.ts')).activate,
  ),
  entry(pools, 'deactivate', 'Give back what was activated', async () => (await import('./deactivate.ts')).deactivate),

  entry(
    host,
    'host release',
    'Say that a quarantined host is in order',
    async () => (await import('./host-release.ts')).hostRelease,
  ),

  entry(lending, 'checkout', 'Borrow a host, now or later', async () => (await import('./checkout.ts')).checkout),
  entry(
    lending,
    'checkout ls',
    'List who has which host, and who waits for one',
    async () => (await import('./checkout-ls.ts')).checkoutLs,
  ),
  entry(
    lending,
    'checkout show',
    'Show where a checkout stands',
    async () => (await import('./checkout-show.ts')).checkoutShow,
  ),
  entry(
    lending,
    'checkout extend',
    'Keep a host longer',
    async () => (await import('./checkout-extend.ts')).checkoutExtend,
  ),
  entry(
    lending,
    'checkout results',
    'Show what the tests on a borrowed host said',
    async () => (await import('./checkout-results.ts')).checkoutResults,
  ),
  entry(lending, 'checkin', 'Give a host back', async () => (await import('./checkin.ts')).checkin),

  entry(
    adaptation,
    'event post',
    'Tell hosts that something happened',
    async () => (await import('./event-post.ts')).eventPost,
  ),
  entry(
    adaptation,
    'alert ls',
    'List what hosts say that a person should know',
    async () => (await import('./alert-ls.ts')).alertLs,
  ),

  entry(
    traffic,
    'traffic set',
    'Tell of a load balancer or DNS name that sends requests to hosts',
    async () => (await import('./traffic-set.ts')).trafficSet,
  ),
  entry(
    traffic,
    'traffic ls',
    'List what sends requests to hosts',
    async () => (await import('./traffic-ls.ts')).trafficLs,
  ),
  entry(
    traffic,
    'traffic show',
    'Show which hosts it sends requests to now',
    async () => (await import('./traffic-show.ts')).trafficShow,
  ),
  entry(traffic, 'traffic rm', 'Forget one of these', async () => (await import('./traffic-rm.ts')).trafficRm),
  entry(
    traffic,
    'traffic drain',
    'Take a host out of traffic',
    async () => (await import('./traffic-drain.ts')).trafficDrain,
  ),
  entry(
    traffic,
    'traffic restore',
    'Put a host back into traffic',
    async () => (await import('./traffic-restore.ts')).trafficRestore,
  ),

  entry(
    news,
    'webhook new',
    'Have events sent somewhere, signed',
    async () => (await import('./webhook-new.ts')).webhookNew,
  ),
  entry(
    news,
    'webhook ls',
    'List who is told of what, or what one was sent',
    async () => (await import('./webhook-ls.ts')).webhookLs,
  ),
  entry(news, 'webhook rm', 'Tell somebody nothing more', async () => (await import('./webhook-rm.ts')).webhookRm),
  entry(
    news,
    'webhook test',
    'Send a webhook an event that says nothing',
    async () => (await import('./webhook-test.ts')).webhookTest,
  ),

  entry(
    secret,
    'secret set',
    'Set a secret that personas name',
    async () => (await import('./secret-set.ts')).secretSet,
  ),
  entry(
    secret,
    'secret rotate',
    'Give a secret a new value, on every host that has it',
    async () => (await import('./secret-rotate.ts')).secretRotate,
  ),
  entry(secret, 'secret ls', 'List secrets, never their values', async () => (await import('./secret-ls.ts')).secretLs),
  entry(secret, 'secret rm', 'Remove a secret', async () => (await import('./secret-rm.ts')).secretRm),
  entry(audit, 'audit ls', 'List who did what to what, and why', async () => (await import('./audit-ls.ts')).auditLs),
  entry(
    audit,
    'audit verify',
    'Check that nothing of the audit log was changed',
    async () => (await import('./audit-verify.ts')).auditVerify,
  ),
  entry(
    audit,
    'audit export',
    'Write the audit log into a file that can be verified by itself',
    async () => (await import('./audit-export.ts')).auditExport,
  ),
  entry(people, 'login', 'Log in with your identity provider', async () => (await import('./login.ts')).login),
  entry(people, 'logout', 'End the session', async () => (await import('./logout.ts')).logout),
  entry(people, 'whoami', 'Tell who the control plane takes you for', async () => (await import('./whoami.ts')).whoami),
  entry(people, 'policy ls', 'List policies', async () => (await import('./policy-ls.ts')).policyLs),
  entry(people, 'policy show', 'Show a policy', async () => (await import('./policy-show.ts')).policyShow),
  entry(
    people,
    'policy validate',
    'Check policy files',
    async () => (await import('./policy-validate.ts')).policyValidate,
  ),
  entry(people, 'policy set', 'Set a policy from a file', async () => (await import('./policy-set.ts')).policySet),
  entry(people, 'policy rm', 'Remove a policy', async () => (await import('./policy-rm.ts')).policyRm),
  entry(people, 'role ls', 'List who has which role', async () => (await import('./role-ls.ts')).roleLs),
  entry(
    people,
    'role grant',
    'Give a role to a user, a group or a token',
    async () => (await import('./role-grant.ts')).roleGrant,
  ),
  entry(people, 'role revoke', 'Take a role back', async () => (await import('./role-revoke.ts')).roleRevoke),
  entry(people, 'token new', 'Make a token for a program', async () => (await import('./token-new.ts')).tokenNew),
  entry(people, 'token ls', 'List tokens', async () => (await import('./token-ls.ts')).tokenLs),
  entry(people, 'token rm', 'Withdraw a token', async () => (await import('./token-rm.ts')).tokenRm),

  entry(lab, 'lab up', 'Boot lab hosts', async () => (await import('./lab-up.ts')).labUp),
  entry(
    lab,
    'lab down',
    'Remove lab hosts and all that came with them',
    async () => (await import('./lab-down.ts')).labDown,
  ),
  entry(lab, 'lab ls', 'List lab hosts', async () => (await import('./lab-ls.ts')).labLs),
  entry(
    lab,
    'lab shell',
    'Open a shell in a lab host, or run a command there',
    async () => (await import('./lab-shell.ts')).labShell,
  ),
  entry(lab, 'lab break', 'Break a lab host as real ones break', async () => (await import('./lab-break.ts')).labBreak),
  entry(
    lab,
    'lab provide',
    'Lend lab hosts to a control plane',
    async () => (await import('./lab-provide.ts')).labProvide,
  ),

  entry(
    run,
    'start',
    'Show guise at work: control plane, three lab hosts, a guided run',
    async () => (await import('./start.ts')).start,
  ),
  entry(
    run,
    'up',
    'Start a control plane with three lab hosts, and leave it running',
    async () => (await import('./up.ts')).up,
  ),
  entry(run, 'down', 'Remove what up or start began', async () => (await import('./down.ts')).down),
  entry(run, 'server', 'Run a control plane', async () => (await import('./server.ts')).server),
  entry(run, 'agent', 'Run the agent of this machine', async () => (await import('./agent.ts')).agent),
  entry(
    run,
    'completion',
    'Print the tab completion of a shell',
    async () => (await import('./completion.ts')).completion,
  ),
];

/** The entry, or null for a name that no command has. */
export function commandNamed(name: string): CommandEntry | null {
  return commandEntries.find((candidate) => candidate.name === name) ?? null;
}

/** `persona`, `key`, `root`, `host`, `pool`, `checkout`, `event`, `alert`, `traffic`, `webhook`, `secret`, `audit`, `policy`, `role`, `token`, `lab`. */
export function groupNames(): readonly string[] {
  return [
    ...new Set(commandEntries.flatMap(({ name }) => (name.includes(' ') ? [name.slice(0, name.indexOf(' '))] : []))),
  ];
}

function entry(section: string, name: string, summary: string, load: () => Promise<Command>): CommandEntry {
  return { name, summary, section, load };
}
