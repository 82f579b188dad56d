import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { trafficOptions, trafficWriteOf } from '../remote/traffic-write.ts';

export const trafficSet = defineCommand({
  operands: [{ name: 'NAME', kind: 'traffic' }],
  options: { ...trafficOptions, ...serverOptions },
  notes: [
    'One of --haproxy and --dns. {host_id} in --server-name and --host-name stands for the id of a host.',
    'The control plane connects to it: to a Unix socket only below a directory of guise server --traffic-sockets, to a private address only within --allow-outbound.',
    'The key is kept encrypted and never shown. Without --key-file the one that there is stays.',
  ],
  examples: [
    {
      line: 'guise traffic set edge --hosts role=web --haproxy unix:/run/haproxy/admin.sock --backend web',
      why: 'hosts are the servers of the backend web, by their ids',
    },
    {
      line: 'guise traffic set www --hosts role=web --dns 192.0.2.53 --zone example.org --record www.example.org --host-name {host_id}.example.org --key-name guise --key-file tsig.key',
      why: 'hosts are addresses of www.example.org',
    },
  ],
  async run(context, { operands: [name = ''], options }) {
    const body = trafficWriteOf(context.cwd, options);
    const written = await openClient(context, options).putTraffic({ params: { name }, body });
    if (context.json) printJson(context, written);
    else context.out.line(`${written.name} is set`);
    return 0;
  },
});
