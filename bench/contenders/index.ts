import { ansibleBest } from './ansible-best.ts';
import { ansibleTypical } from './ansible-typical.ts';
import { bash } from './bash.ts';
import { cfengine } from './cfengine.ts';
import type { Contender } from './contender.ts';
import { guiseAgent, guiseAgentCold, guiseCommandAgent } from './guise-agent.ts';
import { guiseCommand } from './guise-command.ts';
import { puppet } from './puppet.ts';

/** In the order of the tables. */
export const contenders: readonly Contender[] = [
  bash,
  guiseAgent,
  guiseAgentCold,
  guiseCommandAgent,
  guiseCommand,
  cfengine,
  puppet,
  ansibleBest,
  ansibleTypical,
];
