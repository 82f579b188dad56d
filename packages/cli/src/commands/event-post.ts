import { randomUUID } from 'node:crypto';
import { GuiseError, type Json } from '@guise/model';
import { defineCommand } from '../command.ts';
import { keyAndValue } from '../local/layers.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { count } from '../render/text.ts';

export const eventPost = defineCommand({
  operands: [],
  options: {
    type: { type: 'string', value: 'TYPE', summary: 'What happened, such as security.alert' },
    source: { type: 'string', value: 'SOURCE', summary: 'Where it happened (default /guise/cli)' },
    data: { type: 'string', value: 'JSON', summary: 'What is to be said about it' },
    id: { type: 'string', value: 'ID', summary: 'With its source it names the event (default: a new one)' },
    subject: { type: 'string', value: 'SUBJECT', summary: 'What it happened to' },
    attribute: {
      type: 'string',
      multiple: true,
      value: 'NAME=VALUE',
      summary: 'A further attribute; numbers, true and false are taken as such',
    },
    host: { type: 'string', value: 'HOST', summary: 'For this host alone' },
    group: { type: 'string', value: 'GROUP', summary: 'For every host of a group' },
    tag: { type: 'string', value: 'KEY=VALUE', summary: 'For every host with a tag' },
    ...serverOptions,
  },
  notes: [
    'A CloudEvent. Without --host, --group or --tag it goes to the hosts with a persona that waits for its type and source.',
  ],
  examples: [
    {
      line: 'guise event post --type security.alert --source /siem --data \'{"severity": 8}\'',
      why: 'tell whoever waits for it',
    },
    { line: 'guise event post --type deploy --group edge', why: 'tell the hosts of the group edge' },
  ],
  async run(context, { options: { server, token, ...options } }) {
    const event = eventFrom(options);
    const receipt = await openClient(context, { server, token }).postEvents({ body: event as never });
    if (context.json) printJson(context, { id: event['id'], ...receipt });
    else if (receipt.accepted === 0)
      context.out.line('That id of that source was accepted before; nothing is sent again.');
    else if (receipt.hosts === 0) context.out.line('Accepted, and no host waits for it.');
    else context.out.line(`Accepted, for ${count(receipt.hosts, 'host')}.`);
    return 0;
  },
});

interface EventOptions {
  readonly type: string | undefined;
  readonly source: string | undefined;
  readonly data: string | undefined;
  readonly id: string | undefined;
  readonly subject: string | undefined;
  readonly attribute: readonly string[];
  readonly host: string | undefined;
  readonly group: string | undefined;
  readonly tag: string | undefined;
}

function eventFrom({ type, source, data, id, subject, attribute, ...target }: EventOptions): { [key: string]: Json } {
  if (type === undefined)
    throw new GuiseError('argument_invalid', 'Cannot post an event without --type: what happened?');
  const optional = { subject, guisehost: target.host, guisegroup: target.group, guisetag: target.tag };
  return {
    ...Object.fromEntries(attribute.map(attributeFrom)),
    specversion: '1.0',
    id: id ?? randomUUID(),
    source: source ?? '/guise/cli',
    type,
    ...Object.fromEntries(
      Object.entries(optional).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    ),
    ...(data === undefined ? {} : { data: dataFrom(data) }),
  };
}

/** Numbers, true and false are what they look like, so that triggers can compare them. */
function attributeFrom(text: string): readonly [name: string, value: Json] {
  const [name, value] = keyAndValue(text, '--attribute', 'NAME=VALUE');
  return [name, /^(true|false|0|-?[1-9]\d{0,9})$/.test(value) ? (JSON.parse(value) as Json) : value];
}

function dataFrom(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : '';
    throw new GuiseError('argument_invalid', `Cannot read --data as JSON: ${reason}`, { cause });
  }
}
