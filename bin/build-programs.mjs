/**
 * Bundles the programs of guise: `node bin/build-programs.mjs`, under Node 24. See programs.mjs for what becomes of them.
 *
 * Safe against other builds, kills and edits at the same time: files are read between two looks at their marks, the folder is made
 * under a name of its own and renamed, and only then named by the manifest, which is renamed as well. What a program needs of the
 * host's side is bundled; packages of the server alone stay where they are, because some of them find files beside themselves.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { rolldown, VERSION } from 'rolldown';
import { isSame, manifestFile, markOf, programs, programsFolder } from './programs.mjs';

const root = dirname(import.meta.dirname);
/** The module that names the code, and what stands there until all that goes into the name is known. */
const digestModule = 'packages/agent/src/program-digest.ts';
const digestPlace = 'digest-of-this-bundle';
/** Of earlier bundles: a process that still runs from one loads further parts of it. */
const bundlesKept = 8;

/** Path from the root → its mark and digest, for whatever the bundle follows from. */
const inputs = new Map();

mkdirSync(programsFolder, { recursive: true });
const temporary = join(programsFolder, `new-${process.pid}`);
try {
  for (const path of ['node_modules/.package-lock.json', 'bin/build-programs.mjs', ...manifestsOfPackages()])
    readInput(path);
  const files = await bundle();
  const folder = digestOfInputs();
  mkdirSync(temporary);
  for (const { fileName, code } of files) write(join(temporary, fileName), code.replace(digestPlace, folder));
  keepAs(folder);
  write(
    `${manifestFile}.${process.pid}`,
    JSON.stringify({ folder, inputs: [...inputs].map(([path, { mark }]) => [path, ...mark]) }),
  );
  renameSync(`${manifestFile}.${process.pid}`, manifestFile);
  removeOld(folder);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

async function bundle() {
  const bundled = packagesOfHosts();
  const build = await rolldown({
    input: Object.fromEntries(Object.entries(programs).map(([name, path]) => [name, join(root, path)])),
    cwd: root,
    platform: 'node',
    external: (id, importer) =>
      !/^[./]|^@guise\//.test(id) && !bundled.has(packageOf(id)) && !importer?.includes('/node_modules/'),
    plugins: [{ name: 'source', load: loadSource }],
  });
  const { output } = await build.generate({
    format: 'esm',
    // The engine keeps the text of what it loads, and one character beyond Latin-1 makes it keep two bytes for each.
    charset: 'ascii',
    comments: false,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  });
  await build.close();
  return output;
}

/** Of our own files what was read is what the mark tells; those of packages stand and fall with npm's record of them. */
function loadSource(id) {
  if (id.includes('/node_modules/') || !id.startsWith(`${root}/packages/`)) return null;
  const path = relative(root, id);
  if (path === digestModule) return { code: `export const programDigest = '${digestPlace}';`, moduleType: 'js' };
  return { code: withOwnPlace(readInput(path), path), moduleType: 'ts' };
}

/** Throws: Error when the file is being written just now; the next start builds again. */
function readInput(path) {
  const before = markOf(join(root, path));
  const text = readFileSync(join(root, path), 'utf8');
  if (!isSame(before, markOf(join(root, path)))) throw new Error(`${path} changed while it was read`);
  inputs.set(path, { mark: before, digest: digestOf(text) });
  return text;
}

/** Modules find what lies beside them by their own place, which stays that of the source. */
function withOwnPlace(code, path) {
  const upToRoot = '../../..';
  return code
    .replaceAll(
      'import.meta.dirname',
      `process.getBuiltinModule('node:path').join(import.meta.dirname, '${upToRoot}/${dirname(path)}')`,
    )
    .replaceAll(/import\.meta\.url\b/g, `new URL('${upToRoot}/${path}', import.meta.url).href`);
}

/** Every package that model, decide, api and agent declare. */
function packagesOfHosts() {
  const names = ['model', 'decide', 'api', 'agent'].map((name) => `packages/${name}/package.json`);
  return new Set(names.flatMap((path) => Object.keys(JSON.parse(readFileSync(join(root, path), 'utf8')).dependencies)));
}

function manifestsOfPackages() {
  return readdirSync(join(root, 'packages')).map((name) => `packages/${name}/package.json`);
}

/** The bundler reads in any order; the name must not depend on it. */
function digestOfInputs() {
  const digests = [...inputs].map(([path, { digest }]) => `${path} ${digest}`).sort();
  return digestOf([VERSION, ...digests].join('\n')).slice(0, 16);
}

function digestOf(text) {
  return createHash('sha256').update(text).digest('hex');
}

function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function keepAs(folder) {
  try {
    renameSync(temporary, join(programsFolder, folder));
  } catch (error) {
    // The same source was bundled before, and its bundle is as good.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  }
}

function removeOld(current) {
  const folders = readdirSync(programsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== current && !entry.name.startsWith('new-'))
    .map(({ name }) => ({ path: join(programsFolder, name), at: statSync(join(programsFolder, name)).mtimeMs }))
    .sort((a, b) => b.at - a.at);
  for (const { path } of folders.slice(bundlesKept)) rmSync(path, { recursive: true, force: true });
}

/** On the disk when it returns, so that no power cut leaves a manifest of empty files. */
function write(path, text) {
  const file = openSync(path, 'w');
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
