import { GuiseError, parsePersonaId } from '@guise/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personaText, TestServer } from '../test-server.ts';

const server = new TestServer();
beforeAll(() => server.start());
afterAll(() => server.stop());
const persona = (id: string) => ({ persona_id: parsePersonaId(id) });
const publish = (document: string, files: Record<string, string> = {}) =>
  server.api.publishPersona({ body: { document, files } });

describe('publishing', () => {
  it('makes a version of new content, keeps the one of content that is current, and never goes back by itself', async () => {
    const body = (swappiness: number, comment = '') =>
      JSON.stringify({ document: comment + personaText('web', swappiness), file: 'web.yaml' });
    const statuses: number[] = [];
    const versions: number[] = [];
    for (const text of [body(10), body(10), body(11), body(10, '# reformatted\n')]) {
      const response = await server.request('POST', '/personas', { body: text });
      statuses.push(response.status);
      versions.push(((await response.json()) as { version: number }).version);
    }
    expect(statuses).toEqual([201, 200, 201, 201]);
    expect(versions).toEqual([1, 1, 2, 3]);
    expect((await server.api.getPersona({ params: persona('web') })).version).toBe(3);
  });

  it('gives a hundred publications at once a hundred versions in a row', async () => {
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const published = await Promise.all(numbers.map((swappiness) => publish(personaText('busy', swappiness))));
    expect(published.map(({ version }) => version).sort((one, other) => one - other)).toEqual(
      numbers.map((number) => number + 1),
    );
  });

  it('takes parents from its own repository and files from the request', async () => {
    await publish(personaText('hardened', 1));
    const document = 'guise: persona/v1\npersona_id: child\nextends: [hardened]\nfiles: {/etc/motd: {source: motd}}\n';
    await publish(document, { motd: 'Welcome\n' });
    const found = await server.api.getPersona({ params: persona('child') });
    expect(found.persona.ancestors.map(({ document: { persona_id } }) => persona_id)).toEqual(['hardened']);
    expect(found.persona.own.document.files?.['/etc/motd']).toEqual({ content: 'Welcome\n' });
    await expect(publish('guise: persona/v1\npersona_id: lost\nextends: [nobody]\n')).rejects.toMatchObject({
      code: 'document_invalid',
    });
  });

  it('takes a persona that was resolved elsewhere, and checks it as hard', async () => {
    const { persona: resolved } = await server.api.getPersona({ params: persona('child') });
    const again = await server.api.publishPersona({ body: { persona: resolved } });
    expect(again.version).toBe(1);
    const broken = { ...resolved, own: { ...resolved.own, document: { ...resolved.own.document, bogus: 1 } } };
    await expect(server.api.publishPersona({ body: { persona: broken } })).rejects.toMatchObject({
      code: 'document_invalid',
    });
  });

  it('refuses triggers that no host could evaluate, with every place', async () => {
    const document = `guise: persona/v1
persona_id: sometimes
activation_triggers:
  any:
    - time_schedule: {cron: "0 0 30 2 *", duration: 1h, zone: Europe/Pariss}
    - resource_utilization_thresholds: {metric: cpu_utilisation, above: 0.8}
    - external_event_subscriptions: {type: alert, where: "event.type > 5", for: 1h}
`;
    const refusal = await publish(document).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'document_invalid', kind: 'invalid' });
    expect((refusal as GuiseError).problems.map(({ line, column }) => [line, column])).toEqual([
      [5, 23],
      [5, 57],
      [6, 41],
      [7, 51],
    ]);
    await expect(server.api.getPersona({ params: persona('sometimes') })).rejects.toThrow('Cannot find');
  });

  it('replaces only what is there, under its own id', async () => {
    const body = { document: personaText('other', 5) };
    await expect(server.api.replacePersona({ params: persona('other'), body })).rejects.toThrow('Cannot find');
    await expect(server.api.replacePersona({ params: persona('web'), body })).rejects.toThrow('ids must be equal');
    await publish(body.document);
    const replaced = await server.api.replacePersona({
      params: persona('other'),
      body: { document: personaText('other', 6) },
    });
    expect(replaced.version).toBe(2);
  });
});

describe('versions', () => {
  it('go back without losing what came after', async () => {
    await publish(personaText('app', 1));
    await publish(personaText('app', 2));
    const back = await server.api.rollbackPersona({ params: persona('app'), body: { to: 1 } });
    expect(back.version).toBe(1);
    const { items } = await server.api.listVersions({ params: persona('app') });
    expect(items.map(({ version, current }) => [version, current])).toEqual([
      [2, false],
      [1, true],
    ]);
    expect((await publish(personaText('app', 3))).version).toBe(3);
    await expect(server.api.rollbackPersona({ params: persona('app'), body: { to: 9 } })).rejects.toMatchObject({
      code: 'version_not_found',
    });
    await expect(server.api.getVersion({ params: { ...persona('app'), version: 9 } })).rejects.toMatchObject({
      code: 'version_not_found',
    });
  });

  it('are not used again after a deletion, and a persona that is assigned is not deleted', async () => {
    await publish(personaText('short', 1));
    const params = { tag: 'role=short', ...persona('short') };
    await server.api.assignToTag({ params, body: {} });
    await expect(server.api.deletePersona({ params: persona('short') })).rejects.toMatchObject({
      code: 'persona_assigned',
      kind: 'conflict',
    });
    await server.api.unassignFromTag({ params });
    await server.api.deletePersona({ params: persona('short') });
    await expect(server.api.getPersona({ params: persona('short') })).rejects.toBeInstanceOf(GuiseError);
    expect((await publish(personaText('short', 2))).version).toBe(2);
  });
});

describe('lists', () => {
  it('come in pages and by category and group, whichever side named the group', async () => {
    await publish(personaText('p1', 1, 'category: shop\npersona_groups: [edge]\n'));
    await publish(personaText('p2', 1, 'category: shop\n'));
    await publish(personaText('p3', 1));
    await server.api.putPersonaGroup({ params: { group: 'edge' }, body: { personas: [parsePersonaId('p3')] } });
    const idsOf = async (query: Parameters<typeof server.api.listPersonas>[0]) =>
      (await server.api.listPersonas(query)).items.map(({ persona_id }) => persona_id);
    expect(await idsOf({ query: { category: 'shop' } })).toEqual(['p1', 'p2']);
    expect(await idsOf({ query: { group: 'edge' } })).toEqual(['p1', 'p3']);
    const { items } = await server.api.listPersonaGroups();
    expect(items).toEqual([{ group: 'edge', personas: ['p1', 'p3'] }]);

    const paged: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await server.api.listPersonas({ query: { limit: 2, ...(cursor === undefined ? {} : { cursor }) } });
      paged.push(...page.items.map(({ persona_id }) => persona_id));
      if (page.next_cursor === null) break;
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(await idsOf({ query: { limit: 500 } }));
  });
});
