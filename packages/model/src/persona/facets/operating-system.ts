/** Kernel parameters, modules and mounts. */
import { z } from 'zod';
import { absolutePath, bounded, line, sysctlName, text, word } from '../formats.ts';

const mount = z.strictObject({
  path: absolutePath,
  device: word.optional(),
  fstype: word.optional(),
  options: z.array(word).max(64).optional(),
  persistent: z.boolean().optional().describe('Whether fstab(5) has it too.'),
  ensure: z.enum(['mounted', 'absent']).optional(),
});

export const operatingSystemFields = {
  operating_system: z
    .strictObject({
      image: z
        .string()
        .optional()
        .describe(
          'The operating system as its provider names it, such as debian-13: of another the persona is refused.',
        ),
      sysctl: z
        .record(
          sysctlName,
          z.union([line, z.number(), bounded], 'must be a number, text, {at_least: N} or {at_most: N}'),
        )
        .optional()
        .describe('Kernel parameters by name; {at_least: N} never lowers what another persona asks for.'),
      mounts: z.array(mount).optional(),
      modules: z.array(text(/^[A-Za-z0-9_-]+$/, 'must be a kernel module name')).optional(),
    })
    .optional(),
};
