// node build.mjs FOLDER: makes dist/ from src/, types/ and the modules that wasm-bindgen wrote to FOLDER.
// Called by `cargo xtask wasm`.
import { build } from 'esbuild';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import path from 'node:path';

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, 'dist');
const modules = path.resolve(process.argv[2]);
const ENTRIES = ['common', 'unpack', 'index', 'explain', 'slim', 'miniprogram'];
/** The entries import each other as files, so that there is one of each. */
const APART = /^\.\/(common|unpack|explain)\.js$/;

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
for (const format of ['esm', 'cjs']) await bundle(format);
for (const name of await readdir(path.join(here, 'types'))) await declare(name);
await copyFile(path.join(modules, 'calls_bg.wasm'), path.join(dist, 'wxpay.wasm'));
await copyFile(path.join(modules, 'explain_bg.wasm'), path.join(dist, 'explain.wasm'));
await writeFile(path.join(dist, 'LICENSE-fflate.txt'), await readFile(path.join(here, 'node_modules/fflate/LICENSE')));

async function bundle(format) {
  const extension = format === 'esm' ? '.js' : '.cjs';
  await build({
    entryPoints: ENTRIES.map((name) => path.join(here, 'src', `${name}.js`)),
    outdir: dist,
    outExtension: { '.js': extension },
    bundle: true,
    format,
    minify: true,
    legalComments: 'none',
    charset: 'utf8',
    target: ['es2020', 'node16'],
    // CommonJS loads the debugger with require, which every bundler follows.
    supported: { 'dynamic-import': format === 'esm' },
    logLevel: 'warning',
    plugins: [resolveWith(extension)],
  });
}

function resolveWith(extension) {
  return {
    name: 'wxpay',
    setup(to) {
      to.onResolve({ filter: APART }, ({ path: file, kind }) =>
        kind === 'entry-point' ? undefined : { path: file.replace(/\.js$/, extension), external: true },
      );
      to.onResolve({ filter: /^#/ }, ({ path: name }) => ({ path: name, namespace: 'made' }));
      to.onLoad({ filter: /./, namespace: 'made' }, async ({ path: name }) => {
        const [, module] = /^#(calls|explain)-packed$/.exec(name);
        return { contents: await packed(module) };
      });
    },
  };
}

async function packed(module) {
  const bytes = await readFile(path.join(modules, `${module}_bg.wasm`));
  // The package has no glue.
  if (WebAssembly.Module.imports(new WebAssembly.Module(bytes)).length > 0) throw new Error(`${module} imports something`);
  const base64 = deflateRawSync(bytes, { level: 9 }).toString('base64');
  return `export const size = ${bytes.length}; export const base64 = '${base64}';`;
}

/** The types of both formats are the same text. */
async function declare(name) {
  const text = await readFile(path.join(here, 'types', name), 'utf8');
  await writeFile(path.join(dist, name), text);
  await writeFile(path.join(dist, name.replace(/\.ts$/, '.cts')), text.replaceAll(".js'", ".cjs'"));
}
