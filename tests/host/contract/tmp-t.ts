import { fingerprint } from '../fingerprint.ts';
for(let i=0;i<3;i++){const t=performance.now();await fingerprint();console.log(performance.now()-t)}
