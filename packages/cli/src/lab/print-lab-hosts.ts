import type { LabHost } from '@guise/lab';
import type { Context } from '../context.ts';
import { printJson } from '../print-json.ts';
import { table } from '../render/table.ts';

export function printLabHosts(hosts: readonly LabHost[], context: Context): void {
  if (context.json) {
    const shown = hosts.map(({ name, image, address, status, brokenBy, cpuCores, memoryMb, root }) => ({
      name,
      image,
      address,
      status,
      broken_by: brokenBy ?? null,
      cpu_cores: cpuCores ?? null,
      memory_mb: memoryMb ?? null,
      root,
    }));
    printJson(context, { hosts: shown });
    return;
  }
  const rows = hosts.map(({ name, image, address, status, brokenBy, cpuCores, memoryMb }) => [
    name,
    image,
    address,
    brokenBy === undefined ? status : `broken (${brokenBy})`,
    cpuCores === undefined ? '' : String(cpuCores),
    memoryMb === undefined ? '' : String(memoryMb),
  ]);
  const headings = ['host', 'image', 'address', 'status', 'cores', 'memory mb'];
  for (const line of table(headings, rows, context.out, 'No lab host is up: guise lab up')) context.out.line(line);
}
