import { outcomeLines } from '../../render/transaction.ts';
import { require, type Stage, type Step } from './step.ts';
import { switchHost } from './switch-host.ts';

export const becomeDatabase: Step = {
  name: 'database',
  shows: 'the same host becomes a database server in one switch: a row goes in and comes back, the web server is gone',
  async run(stage) {
    const transaction = await switchHost(stage, ['database']);
    require(transaction.status ===
      'committed', `the switch to database is ${transaction.status}: ${transaction.error?.message ?? ''}`);
    await writeRow(stage);
    const row = await readRow(stage);
    const { status } = await stage.lab.run(stage.host.name, ['systemctl', 'is-active', 'nginx.service']);
    require(status !== 0, 'nginx still runs, though no persona asks for it any more');
    return [
      ...outcomeLines(transaction, stage.out),
      `PostgreSQL on ${stage.host.name} gave back “${row}”; nginx is gone`,
    ];
  },
};

const product = 'guided run';

async function writeRow(stage: Stage): Promise<void> {
  await query(
    stage,
    `INSERT INTO product (name, price_cents) VALUES ('${product}', 100) ON CONFLICT (name) DO NOTHING`,
  );
}

/** Throws: `verify_failed` when the database of the persona `database` does not answer or has lost the row. */
export async function readRow(stage: Stage): Promise<string> {
  const row = await query(stage, `SELECT name FROM product WHERE name = '${product}'`);
  require(row === product, `the row reads ${JSON.stringify(row)}, and ${JSON.stringify(product)} was written`);
  return row;
}

async function query({ lab, host }: Stage, statement: string): Promise<string> {
  const psql = [
    'psql',
    '--no-psqlrc',
    '--quiet',
    '--tuples-only',
    '--no-align',
    '--dbname',
    'shop',
    '--command',
    statement,
  ];
  const { status, stdout, stderr } = await lab.run(host.name, ['runuser', '-u', 'postgres', '--', ...psql]);
  require(status === 0, `psql says: ${stderr.trim()}`);
  return stdout.trim();
}
