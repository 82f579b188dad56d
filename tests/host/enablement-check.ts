/** Prints, as JSON, each unit file of the host it runs on that guise takes for something else than systemctl does. */
import { execFileSync } from 'node:child_process';
import { localHost, readEnablements } from '@guise/agent';

const known: Readonly<Record<string, string>> = {
  enabled: 'enabled',
  disabled: 'disabled',
  masked: 'masked',
  static: 'static',
  indirect: 'static',
  alias: 'static',
  linked: 'static',
};

const listing = execFileSync('systemctl', ['list-unit-files', '--no-legend', '--plain', '--no-pager'], {
  encoding: 'utf8',
});
const rows = listing.split('\n').map((line) => line.split(/\s+/));
const said = new Map(
  rows.flatMap(([unit = '', state = '']) => (state in known ? [[unit, known[state]] as const] : [])),
);
const seen = readEnablements([...said.keys()], localHost({ root: '/' }).files);
const wrong = [...said].filter(([unit, state]) => seen.get(unit) !== state);
process.stdout.write(
  JSON.stringify({ units: said.size, wrong: wrong.map(([unit, state]) => `${unit}: ${state}, not ${seen.get(unit)}`) }),
);
