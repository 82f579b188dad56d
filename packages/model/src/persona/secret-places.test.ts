import { describe, expect, it } from 'vitest';
import { GuiseError } from '../errors.ts';
import { parseDocument } from './parse.ts';
import { renderPersona } from './render.ts';
import { secretsOf } from './secret-names.ts';

const head = 'guise: persona/v1\npersona_id: web\n';
const parsed = (text: string) => parseDocument(`${head}${text}`, 'web.yaml');
const rendered = (text: string) =>
  renderPersona({ own: parsed(text), ancestors: [] }, { parameters: {}, facts: {}, instance: 'w' }).documents.at(-1);

function refusal(text: string): GuiseError {
  try {
    parsed(text);
  } catch (error) {
    if (error instanceof GuiseError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('a secret', () => {
  it.each([
    ['tests: [{name: a, command: [curl, "{{ secret.x }}"]}]', 'tests.0.command.1', '3:35'],
    ['files: {"/etc/{{ secret.x }}": {content: a}}', 'files./etc/{{ secret.x }}', '3:9'],
    ['files: {/x: {owner: "{{ secret.x }}"}}', 'files./x.owner', '3:14'],
    ['files: {/x: {target: "/{{ secret.x }}", type: symlink}}', 'files./x.target', '3:14'],
    ['services: {a.service: {unit: "{{ secret.x }}"}}', 'services.a.service.unit', '3:24'],
    [
      'security_profile: {users: {u: {password_hash: "{{ secret.x }}"}}}',
      'security_profile.users.u.password_hash',
      '3:32',
    ],
    ['commands: [{name: a, check: [b], do: [c, "{{ secret.x }}"]}]', 'commands.0.do.1', '3:42'],
  ])('is refused in %s', (text, path, at) => {
    const error = refusal(text);
    expect(error.message).toContain(`Cannot set "${path}": the secret "x" must be in the content of a file`);
    expect(error.message).toContain(`(web.yaml:${at})`);
  });

  it('has no template for a name', () => {
    const error = refusal(
      'parameters: {p: {type: string}}\nsecurity_profile: {encryption_keys: {a: {secret: "{{ p }}"}}}',
    );
    expect(error.message).toContain('the value must be the name of a secret');
    expect(error.message).toContain('web.yaml:4:42');
  });

  it('leaves the text around it in the document, and its place beside it', () => {
    const located = rendered(
      'parameters: {p: {type: string, default: "{{ secret.no }}"}}\nfiles: {"/x{{ instance }}": {content: "a{{ p }}b{{ secret.k }}c"}}',
    );
    expect(located?.document.files).toEqual({ '/xw': { content: 'a{{ secret.no }}bc' } });
    expect(located?.secretContents).toEqual({ 'files./xw.content': ['a{{ secret.no }}b', { secret: 'k' }, 'c'] });
  });
});

it('names every secret once, of parents too, and none that is only written about', () => {
  const own = parsed(
    'files: {/x: {content: "{{ secret.b }}{{ secret.b }} \\\\{{ secret.no }}"}}\nsecurity_profile: {encryption_keys: {k: {secret: a}}}',
  );
  const parent = parsed('files: {/y: {content: "{{ secret.c }}"}}');
  expect(secretsOf({ own, ancestors: [parent] })).toEqual(['a', 'b', 'c']);
});
