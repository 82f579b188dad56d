/** Takes fences and says each once it is taken, until it is killed: `killed-fences.ts PATH`. For fence-store.test.ts. */
import { FenceStore } from './fence-store.ts';

const fences = new FenceStore(process.argv[2] ?? '');
for (let fence = fences.highest + 1; ; fence++) {
  fences.take(fence);
  await new Promise((sent) => process.send?.(fence, sent));
}
