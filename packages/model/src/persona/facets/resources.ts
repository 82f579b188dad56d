/** What a persona needs of a machine, what it may take, and the flat shorthand for typed facets. */
import { z } from 'zod';
import { configurationRule } from '../configuration-parameters.ts';
import { bounded, configurationKey, positive, scalar } from '../formats.ts';

export const resourceFields = {
  required_cores: positive().optional().describe('Placement only considers hosts with as many.'),
  required_ram_gb: positive().optional(),
  required_storage_gb: positive().optional(),
  resource_allocation: z
    .strictObject({
      cpu_cores: positive().optional(),
      memory_mb: positive().optional(),
      network_mbps: positive().optional(),
      storage_iops: positive().optional(),
    })
    .optional()
    .describe('What the persona may take of its host.'),
  configuration_parameters: z
    .record(configurationKey, z.union([scalar, bounded], 'must be a value, {at_least: N} or {at_most: N}'))
    .superRefine((entries, context) => {
      for (const [key, value] of Object.entries(entries)) {
        const rule = configurationRule(key, value);
        if (rule !== null) context.addIssue({ code: 'custom', path: [key], message: rule });
      }
    })
    .optional()
    .describe('Flat shorthand: sysctl.NAME, package.NAME, service.NAME.state, service.NAME.enabled.'),
};
