// The package as it is published: its files, its map, its size, its types.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { require } from './support.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const source = path.resolve(here, '..');
const installed = path.dirname(require.resolve('wxpay-wasm/package.json'));
const npm = (...args) => JSON.parse(execFileSync('npm', args, { cwd: here, encoding: 'utf8', shell: process.platform === 'win32' }));

test('exactly these files are published', () => {
  const [{ files }] = Object.values(npm('pack', '--dry-run', '--json', '--silent', source));
  const entries = ['explain', 'index', 'miniprogram', 'slim'];
  const expected = [
    'LICENSE', 'README.md', 'package.json', 'dist/LICENSE-fflate.txt', 'dist/explain.wasm', 'dist/wxpay.wasm',
    ...['common', 'unpack', ...entries].flatMap((name) => [`dist/${name}.js`, `dist/${name}.cjs`]),
    ...entries.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.d.cts`]),
  ];
  assert.deepEqual(files.map((file) => file.path).sort(), expected.sort());
});

test('publint finds nothing', async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test('the types resolve in every way that reads the exports map', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wxpay-wasm-'));
  const [{ filename }] = Object.values(npm('pack', '--json', '--silent', '--pack-destination', folder, source));
  const tarball = new Uint8Array(readFileSync(path.join(folder, filename)));
  const entrypoints = ['.', './explain', './slim', './miniprogram'];
  rmSync(folder, { recursive: true });
  const { problems } = await checkPackage(createPackageFromTarballData(tarball), { entrypoints });
  // The algorithm of Node 10 reads no exports map, so it finds no sub-path.
  assert.deepEqual(problems.filter((problem) => problem.resolutionKind !== 'node10'), []);
});

for (const [name, field, good] of [['tsconfig.json', 'good', true], ['tsconfig.wrong.json', 'wrong', false]]) {
  test(`TypeScript: ${field} code ${good ? 'compiles' : 'does not'}`, () => {
    const tsc = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin/tsc');
    const run = () => execFileSync(process.execPath, [tsc, '--noEmit', '-p', path.join(here, 'types', name)], { encoding: 'utf8', stdio: 'pipe' });
    if (good) assert.equal(run(), '');
    else assert.throws(run, (error) => error.stdout.includes('TS2345'));
  });
}

test('no path of the machine that built it is inside', () => {
  for (const name of readdirSync(path.join(installed, 'dist'))) {
    const text = readFileSync(path.join(installed, 'dist', name), 'latin1');
    assert.doesNotMatch(text, /\/(root|home|Users|work|runner)\/[\w.-]+|\.cargo\/registry/, name);
  }
});

test('the sizes are within their limits', () => {
  assert.match(execFileSync(process.execPath, [path.join(source, 'sizes.mjs')], { encoding: 'utf8' }), /wxpay-wasm/);
});

test('every entry exports what its types declare', async () => {
  for (const entry of ['', '/explain', '/slim', '/miniprogram']) {
    const file = path.join(installed, 'dist', `${entry.slice(1) || 'index'}.d.ts`);
    const declared = (text) => [...text.matchAll(/^export declare (?:function|class) (\w+)/gm)].map(([, name]) => name);
    const text = readFileSync(file, 'utf8');
    const again = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, names]) => names.split(',').map((name) => name.trim()));
    const names = [...new Set([...declared(text), ...again])].filter(Boolean).sort();
    const [esm, cjs] = [await import(`wxpay-wasm${entry}`), require(`wxpay-wasm${entry}`)];
    assert.deepEqual(Object.keys(esm).sort(), names, entry);
    assert.deepEqual(Object.keys(cjs).filter((name) => name !== '__esModule').sort(), names, entry);
  }
});
