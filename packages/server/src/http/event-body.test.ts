import { describe, expect, it } from 'vitest';
import { eventBodyText } from './event-body.ts';

const headers = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/siem', 'ce-type': 'security.alert' };
const attributes = { specversion: '1.0', id: '1', source: '/siem', type: 'security.alert' };

describe('eventBodyText', () => {
  it.each([
    ['application/cloudevents+json; charset=utf-8', headers],
    ['application/cloudevents-batch+json', {}],
    ['application/json', {}],
  ])('leaves a body of %s as it is', (mediaType, more) => {
    expect(eventBodyText({ ...more, 'content-type': mediaType }, '{"a": 1}')).toBe('{"a": 1}');
  });

  it('makes one event of headers and data', () => {
    const text = eventBodyText({ ...headers, 'content-type': 'application/json' }, '{"severity": 8}');
    expect(JSON.parse(text)).toEqual({ ...attributes, datacontenttype: 'application/json', data: { severity: 8 } });
    expect(JSON.parse(eventBodyText(headers, ''))).toEqual(attributes);
  });

  it('decodes percent signs and quotes, once', () => {
    const text = eventBodyText({ ...headers, 'ce-subject': 'Euro%20%E2%82%AC', 'ce-note': '"a \\"b\\" %2541"' }, '');
    expect(JSON.parse(text)).toMatchObject({ subject: 'Euro €', note: 'a "b" %41' });
  });

  it('takes nothing for data that is not JSON by itself', () => {
    const injected = '1, "guisehost": "h1"';
    expect(() => eventBodyText({ ...headers, 'content-type': 'application/json' }, injected)).toThrow('body:1:2');
  });

  it('names a header that cannot be read', () => {
    expect(() => eventBodyText({ ...headers, 'ce-subject': '%E2%82' }, '')).toThrow('ce-subject');
  });
});
