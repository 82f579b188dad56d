/** The repository as the rules see it: every file that git would keep, parsed when it is code. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Comment, type EcmaScriptModule, type Program, parseSync } from 'oxc-parser';

export interface Repository {
  /** Repository-relative path → file. */
  readonly files: ReadonlyMap<string, RepositoryFile>;
  /** The files that are code. */
  readonly sources: readonly SourceFile[];
}

export interface RepositoryFile {
  readonly path: string;
  readonly text: string;
}

export interface SourceFile extends RepositoryFile {
  readonly program: Program;
  readonly module: EcmaScriptModule;
  readonly comments: readonly Comment[];
}

const codePattern = /\.(ts|tsx|mts|mjs)$/;
const binaryPattern = /\.(png|jpe?g|gif|ico|woff2?|gz|zst|tar|wasm|pdf)$/;

/** Throws: SyntaxError when a file of code does not parse. */
export function repositoryOf(files: readonly RepositoryFile[]): Repository {
  return {
    files: new Map(files.map((file) => [file.path, file])),
    sources: files.filter(({ path }) => codePattern.test(path)).map(parse),
  };
}

/** Reads what is committed and what could be: untracked files count, ignored ones do not. */
export function readRepository(root: string): Repository {
  const argv = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const paths = execFileSync('git', argv, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 }).split('\0');
  // A file that was deleted but whose deletion is not staged is still listed.
  const kept = [...new Set(paths)].filter(
    (path) => path !== '' && !binaryPattern.test(path) && existsSync(join(root, path)),
  );
  return repositoryOf(kept.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })));
}

/** The 1-based line of an offset. */
export function lineOf({ text }: RepositoryFile, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

export function isTest({ path }: RepositoryFile): boolean {
  return path.endsWith('.test.ts') || path.startsWith('tests/');
}

function parse(file: RepositoryFile): SourceFile {
  const { program, module, comments, errors } = parseSync(file.path, file.text);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${file.path}: ${error.message}`);
  return { ...file, program, module, comments };
}
