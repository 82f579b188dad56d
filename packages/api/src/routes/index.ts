/** Every route of the control plane, by name. */
import { activationRoutes } from './activations.ts';
import { adaptationRoutes } from './adaptation.ts';
import { assignmentRoutes } from './assignments.ts';
import { checkoutRoutes } from './checkouts.ts';
import { hostReportRoutes } from './host-reports.ts';
import { hostRoutes } from './hosts.ts';
import { permissionRoutes } from './permissions.ts';
import { personaGroupRoutes } from './persona-groups.ts';
import { personaRoutes } from './personas.ts';
import { poolRoutes } from './pools.ts';
import { secretRoutes } from './secrets.ts';
import { sessionRoutes } from './session.ts';
import { systemRoutes } from './system.ts';
import { trafficRoutes } from './traffic.ts';
import { trustRoutes } from './trust.ts';
import { webhookRoutes } from './webhooks.ts';

export const routes = {
  ...systemRoutes,
  ...personaRoutes,
  ...personaGroupRoutes,
  ...hostRoutes,
  ...hostReportRoutes,
  ...assignmentRoutes,
  ...adaptationRoutes,
  ...checkoutRoutes,
  ...poolRoutes,
  ...activationRoutes,
  ...trustRoutes,
  ...secretRoutes,
  ...permissionRoutes,
  ...sessionRoutes,
  ...trafficRoutes,
  ...webhookRoutes,
} as const;

export type Routes = typeof routes;
export type RouteName = keyof Routes;
