// One app, built by four bundlers, in the forms that web apps use, and run.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import esbuild from 'esbuild';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import webpack from 'webpack';

const here = path.dirname(fileURLToPath(import.meta.url));
const entry = path.join(here, 'apps/app.js');
const out = path.join(here, 'apps/out');
after(() => rmSync(out, { recursive: true, force: true }));

const KEY = 'npm0tests0key0of0nobody000000001';
const signed = `body=茶&mch_id=1900000001&total_fee=100&key=${KEY}`;
const EXPECTED = [createHash('md5').update(signed).digest('hex').toUpperCase(), true, 'not_an_integer total_fee', 'D1', 'D1'];

function folder(name, type) {
  const made = path.join(out, name);
  mkdirSync(made, { recursive: true });
  // Outside of this package, so that nothing but the build's result is loaded.
  writeFileSync(path.join(made, 'package.json'), JSON.stringify({ type }));
  return made;
}

function runs(made) {
  const main = readdirSync(made).find((name) => /^(app|main)\b.*\.(js|mjs|cjs)$/.test(name));
  const printed = execFileSync(process.execPath, [path.join(made, main)], { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(printed), EXPECTED);
}

test('vite', async () => {
  const outDir = folder('vite', 'module');
  const build = { outDir, emptyOutDir: false, modulePreload: false, rollupOptions: { input: entry, output: { entryFileNames: 'app.js' } } };
  await vite({ root: here, configFile: false, logLevel: 'silent', build });
  runs(outDir);
});

for (const mode of ['production', 'development']) {
  test(`webpack, ${mode}`, async () => {
    const made = folder(`webpack-${mode}`, 'commonjs');
    const stats = await new Promise((resolve, reject) => {
      const output = { path: made, filename: 'app.js' };
      webpack({ mode, entry, output, target: 'web', context: here, devtool: false }, (error, done) => (error ? reject(error) : resolve(done)));
    });
    assert.deepEqual(stats.toJson({ errors: true }).errors, []);
    runs(made);
  });
}

for (const format of ['esm', 'iife', 'cjs']) {
  test(`esbuild, ${format}`, async () => {
    const outdir = folder(`esbuild-${format}`, format === 'esm' ? 'module' : 'commonjs');
    const splitting = format === 'esm';
    await esbuild.build({ entryPoints: [entry], outdir, bundle: true, format, splitting, platform: 'browser', logLevel: 'silent' });
    runs(outdir);
  });
}

for (const format of ['es', 'iife']) {
  test(`rollup, ${format}`, async () => {
    const dir = folder(`rollup-${format}`, format === 'es' ? 'module' : 'commonjs');
    const onwarn = (warning) => assert.fail(warning.message);
    const bundle = await rollup({ input: entry, plugins: [nodeResolve({ browser: true })], onwarn });
    await bundle.write({ dir, format, inlineDynamicImports: format === 'iife' });
    await bundle.close();
    runs(dir);
  });
}

test('who does not use the package pays nothing', async () => {
  const source = "import { sign } from 'wxpay-wasm'; import 'wxpay-wasm/explain'; console.log(1)";
  const built = await esbuild.build({
    stdin: { contents: source, resolveDir: here }, bundle: true, format: 'esm', minify: true, write: false, logLevel: 'silent',
  });
  assert.equal(built.outputFiles[0].text.trim(), 'console.log(1);');
});
