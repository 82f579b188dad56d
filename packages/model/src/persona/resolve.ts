/**
 * Gathers everything a persona needs into one value: its ancestors, furthest first, and the text of the files they name.
 *
 * An ancestor that is reached on several ways stands once, at its furthest place, so that whatever extends it comes after it.
 * Files are taken in as text: `files.*.source` becomes `content`, `databases.*.schema` becomes `schema_content`.
 * Throws: `persona_not_found`, `extends_cycle`, `document_invalid`, `document_too_large`, `limit_exceeded`; the reader's `path_unsafe`.
 */
import { GuiseError } from '../errors.ts';
import { limits } from '../limits.ts';
import { nearName } from '../near-name.ts';
import { parseDocument } from './parse.ts';
import { PersonaFolder, type PersonaReader } from './persona-folder.ts';
import { folderOf, nameOf, parentPath } from './persona-path.ts';
import { positionOf } from './position-of.ts';
import { errorOf, problemOf, quotedPath } from './problem.ts';
import type { LocatedDocument, ResolvedPersona } from './resolved.ts';
import { inlineSources } from './sources.ts';

interface Link {
  readonly path: string;
  readonly located: LocatedDocument;
}

/** `entryPath` is as the user named it, such as `personas/web.yaml`; its folder is the one that nothing leaves. */
export async function resolvePersona(entryPath: string, reader: PersonaReader): Promise<ResolvedPersona> {
  const source = new PersonaFolder(folderOf(entryPath), reader);
  const path = nameOf(entryPath);
  const bytes = await source.read(path);
  if (bytes === null) throw await entryMissing(path, source);
  const own = parseDocument(bytes, source.shown(path));
  const resolver = new Resolver(source);
  const ancestors = await resolver.ancestorsOf({ path, located: own }, []);
  return { own: await resolver.complete(own, path), ancestors };
}

class Resolver {
  readonly #source: PersonaFolder;
  /** Paths already gathered. */
  readonly #gathered = new Set<string>();
  readonly #fileOfId = new Map<string, string>();
  #sourcesLeftBytes: number = limits.sourcesSizeBytes;

  constructor(source: PersonaFolder) {
    this.#source = source;
  }

  /** `chain` leads from the entry to this document's child. */
  async ancestorsOf(link: Link, chain: readonly Link[]): Promise<readonly LocatedDocument[]> {
    const gathered: LocatedDocument[] = [];
    for (const [index, entry] of (link.located.document.extends ?? []).entries()) {
      const path = parentPath(link.path, entry);
      this.#refuseCycle(path, [...chain, link]);
      if (this.#gathered.has(path)) continue;
      this.#refuseExcess(link, index, chain.length + 1);
      this.#gathered.add(path);
      const parent = { path, located: await this.#parent(link, index, entry, path) };
      gathered.push(...(await this.ancestorsOf(parent, [...chain, link])), await this.complete(parent.located, path));
    }
    return gathered;
  }

  /** The document with the text of the files it names. */
  async complete(located: LocatedDocument, path: string): Promise<LocatedDocument> {
    const id = located.document.persona_id;
    const other = this.#fileOfId.get(id);
    if (other !== undefined) {
      throw problemAt(located, ['persona_id'], 'must be different in every document', `${other} has it too`);
    }
    this.#fileOfId.set(id, located.file);
    const { document, sizeBytes } = await inlineSources(located, path, this.#source, this.#sourcesLeftBytes);
    this.#sourcesLeftBytes -= sizeBytes;
    return document;
  }

  async #parent(child: Link, index: number, entry: string, path: string): Promise<LocatedDocument> {
    const bytes = await this.#source.read(path);
    if (bytes === null) throw await this.#parentMissing(child, index, entry, path);
    const located = parseDocument(bytes, this.#source.shown(path));
    const isPath = entry.startsWith('./');
    if (isPath || located.document.persona_id === entry) return located;
    const reason = `${located.file} holds the persona ${JSON.stringify(located.document.persona_id)}`;
    throw problemAt(child.located, ['extends', String(index)], 'must be the id of the persona in its file', reason);
  }

  async #parentMissing(child: Link, index: number, entry: string, path: string): Promise<GuiseError> {
    const names = await this.#source.list(folderOf(path));
    const documents = names.filter((name) => /\.(?:yaml|yml|json)$/.test(name));
    const isPath = entry.startsWith('./');
    const near = isPath
      ? nearName(
          entry,
          documents.map((name) => `./${name}`),
        )
      : nearName(
          entry,
          documents.map((name) => name.replace(/\.yaml$/, '')),
        );
    const rule = 'must be a persona that is there';
    const reason = `there is no ${this.#source.shown(path)}`;
    return problemAt(child.located, ['extends', String(index)], rule, reason, near);
  }

  #refuseCycle(path: string, chain: readonly Link[]): void {
    const first = chain.findIndex((link) => link.path === path);
    if (first === -1) return;
    const cycle = chain.slice(first);
    const steps = cycle.map((link, step) => {
      const next = cycle[step + 1]?.path ?? path;
      const index = (link.located.document.extends ?? []).findIndex((entry) => parentPath(link.path, entry) === next);
      const [line, column] = positionOf(link.located.positions, ['extends', String(index)]);
      return `${link.located.document.persona_id} (${link.located.file}:${line}:${column})`;
    });
    const back = cycle[0]?.located.document.persona_id ?? '';
    throw new GuiseError(
      'extends_cycle',
      `Cannot build on a persona that builds on itself: ${[...steps, back].join(' → ')}`,
    );
  }

  #refuseExcess(child: Link, index: number, depth: number): void {
    const at = ['extends', String(index)];
    if (depth > limits.extendsDepth) {
      throw problemAt(child.located, at, `must be at most ${limits.extendsDepth} levels deep`, 'it is deeper');
    }
    if (this.#gathered.size >= limits.ancestors) {
      throw problemAt(child.located, at, `must be one of at most ${limits.ancestors} ancestors`, 'there are more');
    }
  }
}

function problemAt(
  located: LocatedDocument,
  path: readonly string[],
  rule: string,
  reason: string,
  near?: string,
): GuiseError {
  const name = path.join('.');
  const sentence = `Cannot set ${quotedPath(name)}: the value ${rule}, and ${reason}`;
  const suggestion = near === undefined ? undefined : JSON.stringify(near);
  const at = positionOf(located.positions, path);
  return errorOf('document_invalid', [problemOf({ file: located.file, at, path: name, rule, sentence, suggestion })]);
}

async function entryMissing(path: string, source: PersonaFolder): Promise<GuiseError> {
  const near = nearName(path, await source.list(''));
  const hint = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
  return new GuiseError('persona_not_found', `Cannot read ${source.shown(path)}: there is no such file${hint}`);
}
