/**
 * Whether a host has what a persona requires of it: cores, memory, storage, and the operating system that it is made for, which only
 * the provider of a host can give it. What the facts do not tell is not held against it.
 */
import type { Facts, LocatedDocument, Problem } from '@guise/model';

interface Requirement {
  readonly field: 'required_cores' | 'required_ram_gb' | 'required_storage_gb';
  readonly fact: string;
  /** How much one unit of the requirement is in the unit of the fact. */
  readonly factor: number;
  readonly unit: string;
}

/** A gigabyte is 10⁹ bytes, and memory is told in MiB: a machine with 2 GiB shows less, because its kernel keeps some. */
export const mibPerGb = 1e9 / (1024 * 1024);

const requirements: readonly Requirement[] = [
  { field: 'required_cores', fact: 'cpu_cores', factor: 1, unit: 'cores' },
  { field: 'required_ram_gb', fact: 'memory_mb', factor: mibPerGb, unit: 'GB' },
  { field: 'required_storage_gb', fact: 'storage_gb', factor: 1, unit: 'GB' },
];

/** One problem per requirement that is not met. `documents` as rendered, the persona's own last: the last one that says so counts. */
export function checkRequirements(documents: readonly LocatedDocument[], facts: Facts): readonly Problem[] {
  return [...checkSizes(documents, facts), ...checkImage(documents, facts)];
}

function checkSizes(documents: readonly LocatedDocument[], facts: Facts): readonly Problem[] {
  return requirements.flatMap(({ field, fact, factor, unit }): readonly Problem[] => {
    const located = documents.findLast(({ document }) => document[field] !== undefined);
    const wanted = located?.document[field];
    const has = facts[fact];
    if (located === undefined || wanted === undefined || typeof has !== 'number' || has >= wanted * factor) return [];
    const [line, column] = located.positions[field] ?? [1, 1];
    const rule = `must be at most what the host has, ${Math.floor((has / factor) * 10) / 10} ${unit}`;
    const message = `Cannot meet "${field}": the value ${rule}, and it is ${wanted} (${located.file}:${line}:${column})`;
    return [{ file: located.file, line, column, path: field, rule, message }];
  });
}

/** An image is named as os-release(5) of a host that has it says: `ID-VERSION_ID`. */
function checkImage(documents: readonly LocatedDocument[], facts: Facts): readonly Problem[] {
  const located = documents.findLast(({ document }) => document.operating_system?.image !== undefined);
  const wanted = located?.document.operating_system?.image;
  if (located === undefined || wanted === undefined || facts['os_id'] === undefined) return [];
  const has = `${facts['os_id']}-${facts['os_version'] ?? ''}`;
  if (wanted === has) return [];
  const path = 'operating_system.image';
  const [line, column] = located.positions[path] ?? [1, 1];
  const rule = `must be what the host has, ${has}, unless its provider deploys another`;
  const message = `Cannot meet "${path}": the value ${rule}, and it is ${wanted} (${located.file}:${line}:${column})`;
  return [{ file: located.file, line, column, path, rule, message }];
}
