// node browser.mjs FIXTURE DIST: the same in the Chromium that CHROMIUM names. A page has no CPU clock: the least of wall time.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const PAGE = '<!doctype html><meta charset="utf-8"><script src="/js-md5.js"></script>';
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json' };

const [fixture, dist] = process.argv.slice(2);
const here = import.meta.dirname;
const files = {
  '/fixture.json': fixture,
  '/js-md5.js': createRequire(import.meta.url).resolve('js-md5'),
  ...Object.fromEntries(['calls.mjs', 'measure.mjs'].map((name) => [`/${name}`, path.join(here, name)])),
  ...Object.fromEntries(['index', 'explain', 'common', 'unpack'].map((name) => [`/${name}.js`, path.join(dist, `${name}.js`)])),
};

const server = createServer(async ({ url }, response) => {
  const file = files[url];
  response.setHeader('content-type', file ? TYPES[path.extname(file)] : 'text/html');
  response.end(file ? await readFile(file) : PAGE);
}).listen(0, '127.0.0.1');
await new Promise((listening) => server.once('listening', listening));

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const results = await page.evaluate(async () => {
    const from = (name) => import(`/${name}`);
    const [wxpay, { explain }] = [await from('index.js'), await from('explain.js')];
    const [{ byHand, ours, searches }, { measure, least }] = [await from('calls.mjs'), await from('measure.mjs')];
    const fixture = await (await fetch('/fixture.json')).json();
    const calls = [...ours(wxpay, fixture), ...searches(explain, fixture), ...byHand(globalThis.md5, fixture)];
    return measure(calls, () => performance.now(), least);
  });
  for (const { name, ns } of results) console.log(`${name}\t${ns.toFixed(1)}`);
} finally {
  await browser.close();
  server.close();
}
