/** Packages, files, databases and the data that travels with an application. */
import { z } from 'zod';
import { absolutePath, accountName, duration, listOf, mode, packageEntry, relativePath, text } from '../formats.ts';

const file = z
  .strictObject({
    type: z.enum(['file', 'directory', 'symlink', 'absent']).optional(),
    content: z.string().optional().describe('The whole text; templates in it are rendered.'),
    source: relativePath.optional().describe('A file beside this document whose text becomes the content.'),
    target: text(/^[\t\n\r -\uffff]+$/, 'must be text without control characters')
      .max(4096)
      .optional()
      .describe('Of a symlink.'),
    mode: mode.optional(),
    owner: accountName.optional(),
    group: accountName.optional(),
  })
  .superRefine((entry, context) => {
    const type = entry.type ?? 'file';
    const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (entry.content !== undefined && entry.source !== undefined) refuse('source', 'must not stand beside "content"');
    if (type !== 'file' && entry.content !== undefined) refuse('content', `must be left out of a ${type}`);
    if (type !== 'file' && entry.source !== undefined) refuse('source', `must be left out of a ${type}`);
    if (type === 'symlink' && entry.target === undefined) refuse('target', 'must say where the symlink points');
    if (type !== 'symlink' && entry.target !== undefined)
      refuse('target', 'must be left out unless the type is symlink');
  });

const database = z
  .strictObject({
    owner: accountName.optional(),
    schema: relativePath.optional().describe('A file of SQL beside this document, loaded into a new database.'),
    schema_content: z.string().optional().describe('The SQL itself.'),
  })
  .superRefine((entry, context) => {
    if (entry.schema === undefined || entry.schema_content === undefined) return;
    context.addIssue({ code: 'custom', path: ['schema'], message: 'must not stand beside "schema_content"' });
  });

export const softwareFields = {
  software_stack: listOf(packageEntry)
    .optional()
    .describe('Packages: "nginx", "curl=7.88.*", or "telnet=absent" for one that must not be there.'),
  files: z.record(absolutePath, file).optional().describe('Files, folders and symlinks by absolute path.'),
  applications: z
    .strictObject({
      postgresql: z
        .strictObject({
          roles: z.record(accountName, z.strictObject({ login: z.boolean().optional() })).optional(),
          databases: z.record(accountName, database).optional(),
        })
        .optional(),
    })
    .optional(),
  application_dependencies: z.array(z.string().min(1).max(200)).optional().describe('Personas that must serve first.'),
  data: z
    .array(
      z.strictObject({
        path: absolutePath,
        mover: z.enum(['btrfs', 'rsync', 'postgresql', 'restic']),
        interval: duration.optional(),
      }),
    )
    .optional()
    .describe('What must move along when the persona moves to another host.'),
};
