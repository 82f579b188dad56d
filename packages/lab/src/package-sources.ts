/**
 * Where a host of another release finds its packages: at the mirrors that this machine uses for its own.
 *
 * Of the machine's sources only the distribution's own count: those that have its release as a suite, or the release's updates or
 * security fixes. A third party's seldom have every release.
 * Shape: text of sources, one-line or deb822 style → one-line entries. A source that carries its key inside itself is left out.
 * Source: sources.list(5).
 */
interface PackageSource {
  /** As the brackets of a one-line entry have them: `signed-by=…`. */
  readonly options: readonly string[];
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

export function sourcesOfRelease(text: string, machineRelease: string, release: string): readonly string[] {
  const ofRelease = (suite: string) =>
    [machineRelease, `${machineRelease}-updates`, `${machineRelease}-security`].includes(suite)
      ? [suite.replace(machineRelease, release)]
      : [];
  return parseSources(text).flatMap(({ options, uris, suites, components }) =>
    suites
      .flatMap(ofRelease)
      .flatMap((suite) =>
        uris.map((uri) =>
          ['deb', ...(options.length === 0 ? [] : [`[${options.join(' ')}]`]), uri, suite, ...components].join(' '),
        ),
      ),
  );
}

function parseSources(text: string): readonly PackageSource[] {
  return text
    .split(/\n\s*\n/)
    .map((stanza) => stanza.replace(/^\s*#.*\n?/gm, ''))
    .flatMap((stanza) => (/^Types:/m.test(stanza) ? parseStanza(stanza) : stanza.split('\n').flatMap(parseLine)));
}

function parseStanza(stanza: string): readonly PackageSource[] {
  const fields = new Map(
    [...stanza.matchAll(/^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)/gm)].map(([, name = '', value = '']) => [
      name.toLowerCase(),
      value.trim().split(/\s+/),
    ]),
  );
  const keyring = fields.get('signed-by') ?? [];
  if (!fields.get('types')?.includes('deb') || fields.get('enabled')?.[0] === 'no' || keyring.length > 1) return [];
  return [
    {
      options: keyring.map((path) => `signed-by=${path}`),
      uris: fields.get('uris') ?? [],
      suites: fields.get('suites') ?? [],
      components: fields.get('components') ?? [],
    },
  ];
}

function parseLine(line: string): readonly PackageSource[] {
  const [, options = '', uri, suite, components] = /^\s*deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
  if (uri === undefined || suite === undefined || components === undefined) return [];
  return [
    {
      options: options.split(/\s+/).filter((option) => option !== ''),
      uris: [uri],
      suites: [suite],
      components: components.trim().split(/\s+/),
    },
  ];
}
