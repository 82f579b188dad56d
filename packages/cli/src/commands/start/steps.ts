/** The guided run, in order. */

import { askWhy } from './ask-why.ts';
import { becomeDatabase } from './become-database.ts';
import { becomeWeb } from './become-web.ts';
import { failAndRollBack } from './fail-and-roll-back.ts';
import type { Step } from './step.ts';
import { tellHistory } from './tell-history.ts';

export const steps: readonly Step[] = [becomeWeb, becomeDatabase, failAndRollBack, askWhy, tellHistory];
