// node sizes.mjs: the size of what a user loads, raw and compressed; fails above the limit.
import { readFile } from 'node:fs/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const DIST = new URL('dist/', import.meta.url);
/** An entry, the files it loads with the first call, and how many bytes of gzip it may have. */
const ROWS = [
  ['wxpay-wasm', ['index.js', 'common.js', 'unpack.js'], 56_000],
  ['wxpay-wasm/explain', ['explain.js', 'common.js', 'unpack.js'], 116_000],
  ['wxpay-wasm/slim', ['slim.js', 'common.js'], 5_000],
  ['wxpay.wasm', ['wxpay.wasm'], 50_000],
  ['explain.wasm', ['explain.wasm'], 110_000],
];

const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(7);
let failed = false;
console.log(`${'KB (1000 bytes)'.padEnd(20)}    raw    gzip  brotli`);
for (const [name, files, limit] of ROWS) {
  const all = await Promise.all(files.map((file) => readFile(new URL(file, DIST))));
  const sum = (size) => all.reduce((bytes, file) => bytes + size(file), 0);
  const gzip = sum((file) => gzipSync(file, { level: 9 }).length);
  const sizes = [sum((file) => file.length), gzip, sum((file) => brotliCompressSync(file).length)];
  console.log(`${name.padEnd(20)}${sizes.map(kb).join(' ')}`);
  if (gzip > limit) {
    failed = true;
    console.error(`${name}: above its limit of ${limit / 1000} KB gzip`);
  }
}
process.exitCode = failed ? 1 : 0;
