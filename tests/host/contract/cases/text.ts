/** Puts a text file in place for a case, as somebody else would. */
import type { Host } from '@guise/agent';

export function put(host: Host, path: string, text: string, mode = '0644', uid = 0, gid = 0): void {
  host.files.write({ path, content: Buffer.from(text), mode, uid, gid });
}
