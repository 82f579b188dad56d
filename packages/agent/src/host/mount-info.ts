/** What is mounted where, as the kernel tells it. Source: proc_pid_mountinfo(5). */
export interface MountInfo {
  /** The directory of the file system that is seen at `path`. */
  readonly root: string;
  readonly path: string;
  readonly options: readonly string[];
  readonly fstype: string;
  readonly device: string;
  readonly superOptions: readonly string[];
}

/** In the order of mounting: of two with one path, the later hides the earlier. */
export function parseMountInfo(text: string): readonly MountInfo[] {
  const mounts: MountInfo[] = [];
  for (const line of text.split('\n')) {
    const [left, right] = line.split(' - ');
    if (left === undefined || right === undefined) continue;
    const [, , , root, path, options] = left.split(' ');
    const [fstype, device, superOptions] = right.split(' ');
    mounts.push({
      root: unescapeMount(root ?? '/'),
      path: unescapeMount(path ?? '/'),
      options: (options ?? '').split(','),
      fstype: fstype ?? '',
      device: unescapeMount(device ?? ''),
      superOptions: (superOptions ?? '').split(','),
    });
  }
  return mounts;
}

/** Blank, tab, newline and backslash stand as three octal digits, in mountinfo as in fstab(5). */
export function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

export function escapeMount(text: string): string {
  return text.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
