import { GuiseError } from '@guise/model';
import { outcomeLines } from '../../render/transaction.ts';
import { require, type Step } from './step.ts';
import { switchHost } from './switch-host.ts';

const pageTimeoutMs = 10_000;

export const becomeWeb: Step = {
  name: 'web',
  shows: 'a bare host becomes a web server, and its page comes through the network',
  async run(stage) {
    const transaction = await switchHost(stage, ['web']);
    require(transaction.status ===
      'committed', `the switch to web is ${transaction.status}: ${transaction.error?.message ?? ''}`);
    const url = `http://${stage.host.address}/`;
    const response = await fetchPage(url);
    require(response.ok, `${url} answers ${response.status}`);
    const text = await response.text();
    const line = /<p>([^<]+)</.exec(text)?.[1]?.trim() ?? text.trim().split('\n')[0];
    return [
      ...outcomeLines(transaction, stage.out),
      `GET ${url} → ${response.status} ${response.headers.get('server') ?? ''} “${line}”`,
    ];
  },
};

async function fetchPage(url: string): Promise<Response> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(pageTimeoutMs) });
  } catch (cause) {
    throw new GuiseError('verify_failed', `${url} does not answer`, { cause });
  }
}
