import { resolve } from 'node:path';
import { labDirectory, openLab } from '/work/main/packages/lab/src/index.ts';
const lab = openLab({ name: 'hk-dev', directory: labDirectory(process.env), repository: '/work/main', report: console.error });
const [op, ...rest] = process.argv.slice(2);
if (op === 'up') { await lab.up([{ name: 'h1' }]); await lab.run('h1',['systemctl','is-system-running','--wait']); await lab.snapshot('h1','clean'); }
if (op === 'down') await lab.down();
if (op === 'restore') { await lab.restore('h1','clean'); await lab.run('h1',['systemctl','is-system-running','--wait']); }
if (op === 'run') { const r = await lab.run('h1', rest, {timeoutMs: 280000}); process.stdout.write(r.stdout); process.stderr.write(r.stderr); process.exitCode = r.status; }
