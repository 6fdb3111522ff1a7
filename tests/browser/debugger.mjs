// The debugger page as a person uses it, from the server and from a file: paste, key, verdict; and what must never happen.
// Needs WXPAY_BIN (the built wxpay, feature demo) and CHROMIUM (the browser).
import { spawn } from 'node:child_process';
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const FILE = new URL('../../js-demo/dist/debugger.html', import.meta.url);
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WAIT_MS = 15_000;
/** What the whole file may weigh; three fifths of it are the engine. */
const MAX_BYTES = 260_000;

/** Invented. The signature was made with a line feed behind the key. */
const KEY = 'Zk3Lw8QyT5nVb1RcXd7MpHs4JgFa9UeE';
const OTHER_KEY = '8Kq2Zt5Vb1NsRw4HcJf7GuAe9Xy3Ld6M';
const MESSAGE = `<xml><appid>wx0a1b2c3d4e5f6071</appid><mch_id>1900000777</mch_id><body>茶 & 点心</body>
<openid>oABCDEFGHIJKLMNOPQRSTUVWX012</openid><total_fee>5650</total_fee><sign>@SIGN@</sign></xml>`;

let demo, browser, places;

before(async () => {
  demo = spawn(process.env.WXPAY_BIN, ['demo', '--port', '0', '--simulator-port', '0'], {
    env: { ...process.env, LANG: 'C' }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise((resolve, reject) => {
    let printed = '';
    demo.stdout.on('data', (chunk) => {
      printed += chunk;
      const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(printed);
      if (found) resolve(found[0]);
    });
    demo.on('exit', (code) => reject(new Error(`wxpay demo ended with ${code}`)));
  });
  places = { server: `${url}debug`, file: FILE.href };
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
});

after(async () => {
  await browser?.close();
  demo?.kill('SIGTERM');
});

// A fresh page. Every request after the page itself, and every word on the console, is kept.
async function open(address, { locale = 'zh-CN', width = 1280, theme = 'light', prepare } = {}) {
  const context = await browser.newContext({ locale, viewport: { width, height: 800 }, colorScheme: theme });
  if (address.startsWith('http')) await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.requests = [];
  page.said = [];
  page.on('console', (message) => page.said.push(message.text()));
  page.on('pageerror', (error) => page.said.push(`thrown: ${error.message}`));
  if (prepare) await page.addInitScript(prepare);
  await page.goto(address);
  await page.locator('[data-seal="sealed"]').waitFor();
  page.on('request', (request) => {
    if (!request.url().startsWith('data:') && !request.url().startsWith('blob:')) page.requests.push(request.url());
  });
  return page;
}

const state = (page, name) => page.locator(`#verdict[data-state="${name}"]`).waitFor();
const verdict = (page) => page.getByTestId('verdict').textContent();

// Pastes as a person does, with nothing focused.
async function paste(page, text) {
  await page.evaluate((pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', pasted);
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

async function example(page, id) {
  await page.getByTestId('examples').click();
  await page.getByTestId(`example-${id}`).click();
}

async function fitsTheWindow(page) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `nothing scrolls sideways (${overflow})`);
}

// What the page itself says is right, so that the tests need no second implementation.
async function rightSignature(page, message, key) {
  await page.getByTestId('key').fill(key);
  await paste(page, message);
  await state(page, 'unsigned');
  return page.getByTestId('to-send').textContent();
}

for (const place of ['server', 'file']) {
  for (const [locale, found] of [['zh-CN', '原因已找到并验证：金额不是整数格式'], ['en-US', 'Cause found and proved: Amount not a plain integer']]) {
    for (const width of [1280, 360]) {
      test(`from paste to verdict: ${place}, ${locale}, ${width} px`, async () => {
        const page = await open(places[place], { locale, width });
        await fitsTheWindow(page);
        const wrong = await rightSignature(page, MESSAGE.replace('5650', '5650.0').replace('@SIGN@', ''), KEY);
        await paste(page, MESSAGE.replace('@SIGN@', wrong));
        await state(page, 'found');
        assert.ok((await verdict(page)).includes(found), await verdict(page));
        assert.equal(await page.getByTestId('cause').first().getAttribute('data-proved'), 'true');
        assert.equal(await page.getByTestId('message').inputValue(), MESSAGE.replace('@SIGN@', wrong), 'the text is as pasted');
        await fitsTheWindow(page);
        assert.deepEqual(page.requests, []);
        await page.context().close();
      });
    }
  }
}

const EXAMPLES = {
  milliseconds: ['match_but', 'F4'], capital_package: ['match_but', 'E4'], trade_mark: ['found', 'C4'], float_money: ['found', 'F1'],
  unsigned_sign_type: ['found', 'E7'], client_side: ['match_but', 'P2'], empty_attach: ['found', 'B5'], key_line_feed: ['found', 'A6'],
  no_second_signing: ['suspected', 'E8'], official_md5: ['match'], official_hmac: ['match'], official_second: ['match'],
  notice: ['match'], refund_notice: ['match'], pair: ['match'],
};

test('every example gives its verdict', async () => {
  const page = await open(places.server);
  await page.getByTestId('examples').click();
  const offered = await page.locator('.menu-list [data-testid^="example-"]').evaluateAll((all) => all.map(({ dataset }) => dataset.testid.slice(8)));
  assert.deepEqual(offered.sort(), Object.keys(EXAMPLES).sort());
  await page.keyboard.press('Escape');
  for (const [id, [expected, row]] of Object.entries(EXAMPLES)) {
    await page.getByTestId('clear').click({ force: true }).catch(() => undefined);
    await example(page, id);
    await page.waitForFunction((wanted) => document.querySelector('#verdict').dataset.state === wanted, expected, { timeout: 3000 })
      .catch(async () => assert.fail(`${id}: ${await page.locator('#verdict').getAttribute('data-state')}, ${await verdict(page)}`));
    if (row && expected !== 'match_but') assert.equal(await page.getByTestId('cause').first().getAttribute('data-id'), row, id);
    if (expected === 'match_but') assert.ok(await page.getByTestId(`locate-${row}`).count() > 0, `${id} shows ${row}`);
  }
  await example(page, 'refund_notice');
  assert.ok((await page.getByTestId('decrypted').textContent()).includes('<refund_status>'));
});

test('both signatures of one paste are checked', async () => {
  const page = await open(places.file);
  await example(page, 'no_second_signing');
  await page.getByTestId('two-messages').waitFor();
  await state(page, 'suspected');
  await page.getByTestId('reading-1').click();
  await state(page, 'match');
});

test('candidate keys are tried side by side', async () => {
  const page = await open(places.file);
  const right = await rightSignature(page, MESSAGE.replace('@SIGN@', ''), OTHER_KEY);
  await page.getByTestId('key').fill(KEY);
  await paste(page, MESSAGE.replace('@SIGN@', right));
  await state(page, 'unexplained');
  for (const [nth, key] of [[1, OTHER_KEY], [2, KEY]]) {
    await page.getByTestId('add-candidate').click();
    await page.getByTestId(`candidate-${nth}`).fill(key);
  }
  for (const fits of ['true', 'false']) await page.locator(`[data-fits="${fits}"]`).waitFor();
  assert.deepEqual(await page.getByTestId('fits').evaluateAll((all) => all.map(({ dataset }) => dataset.fits)), ['true', 'false']);
  await state(page, 'found');
});

test('a field lights up in the text and in the string to sign', async () => {
  const page = await open(places.file);
  await example(page, 'trade_mark');
  await page.getByTestId('field-1').focus();
  assert.equal(await page.locator('.pair.lit').textContent(), 'body=旅行笔记本');
  assert.deepEqual(await page.locator('.mark-lit').allTextContents(), ['body', '旅行笔记本']);
});

test('what was around the message is named, and the text is left as it is', async () => {
  const page = await open(places.file);
  const text = '&lt;xml&gt;&lt;appid&gt;wx1&lt;/appid&gt;&lt;sign&gt;0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F&lt;/sign&gt;&lt;/xml&gt;';
  await paste(page, text);
  await page.getByTestId('unwrapped').waitFor();
  assert.equal(await page.getByTestId('message').inputValue(), text);
  assert.equal(await page.locator('.field-value').first().textContent(), 'wx1');
});

test('invisible characters are drawn and named', async () => {
  const page = await open(places.file);
  await paste(page, 'appid=wx1&body=a\u00a0b\u200bc&sign=00000000000000000000000000000000');
  assert.deepEqual(await page.getByTestId('invisible').locator('code').allTextContents(), ['U+00A0 NBSP', 'U+200B ZWSP']);
  assert.deepEqual(await page.getByTestId('canonical').locator('.odd').allTextContents(), ['NBSP', 'ZWSP']);
});

test('q04: the key stays in its box', async () => {
  const page = await open(places.server);
  const copied = [];
  // The key is in its box, and was pasted along with the message, too.
  await page.getByTestId('key').fill(KEY);
  await paste(page, `appid=wx0a1b2c3d4e5f6071&body=tea&openid=oABC&key=${KEY}&sign=00000000000000000000000000000000`);
  await state(page, 'unexplained');
  await page.getByTestId('add-candidate').click();
  await page.getByTestId('candidate-1').fill(OTHER_KEY);
  await page.locator('[data-fits="false"]').waitFor();
  for (const button of ['copy-text', 'copy-markdown', 'copy-canonical']) {
    await page.getByTestId(button).click();
    await page.getByTestId(button).getByText('已复制').waitFor();
    copied.push(await page.evaluate(() => navigator.clipboard.readText()));
  }
  await page.getByTestId('share').click();
  for (const mask of ['openid', 'transaction_id']) await page.getByTestId(`mask-${mask}`).click();
  copied.push(await page.getByTestId('share-link').inputValue(), await page.getByTestId('share-preview').textContent());
  const kept = await page.evaluate(async () => JSON.stringify([
    { ...localStorage }, { ...sessionStorage }, document.cookie, location.href, document.title, history.state, window.name,
    await indexedDB.databases(), await caches.keys(),
  ]));
  const drawn = await page.evaluate(() => document.documentElement.outerHTML);
  await page.getByTestId('share-close').click();
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pagehide')));
  for (const key of [KEY, OTHER_KEY]) {
    for (const text of [kept, drawn, ...copied, ...page.said]) assert.ok(!text.includes(key), text.slice(0, 200));
  }
  assert.ok(copied[3].includes('oABC'), 'what is not masked is shared');
  assert.equal(await page.getByTestId('key').inputValue(), '', 'forgotten with the page');
  assert.equal(await page.getByTestId('candidate-1').count(), 0);
  assert.deepEqual(page.requests, []);
});

test('a link carries the message and leaves the address bar', async () => {
  const message = 'appid=wx1&openid=oSECRET&total_fee=1&sign=0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F';
  const page = await open(`${places.server}#message=${encodeURIComponent(message)}&scene=notice`);
  assert.equal(await page.getByTestId('message').inputValue(), message);
  assert.equal(page.url(), places.server);
  assert.equal(await page.getByTestId('scene').inputValue(), 'notice');
  await page.getByTestId('share').click();
  const link = await page.getByTestId('share-link').inputValue();
  assert.ok(!link.includes('oSECRET') && link.startsWith(`${places.server}#message=`), link);
  const again = await open(link);
  assert.equal(await again.getByTestId('message').inputValue(), message.replace('oSECRET', '******'));
  assert.equal(await again.getByTestId('key').inputValue(), '');
});

test('what cannot be read, and what is too large', async () => {
  const page = await open(places.file, { locale: 'en-US' });
  await paste(page, 'my payment fails, please help');
  await state(page, 'malformed');
  await paste(page, '<xml></xml>');
  await state(page, 'malformed');
  await page.getByText('Line 1, column 1').waitFor();
  await paste(page, 'appid=\u0000');
  await state(page, 'malformed');
  const huge = `<xml>${'<a>1</a>'.repeat(40_000)}</xml>`;
  await paste(page, huge);
  await state(page, 'too_large');
  assert.equal((await page.getByTestId('message').inputValue()).length, huge.length, 'the text is kept');
  await page.getByTestId('undo').click();
  await state(page, 'malformed');
});

test('a trap drops the engine and keeps the text', async () => {
  const prepare = () => {
    const { Instance } = WebAssembly;
    WebAssembly.Instance = function (module, imports) {
      const { exports } = new Instance(module, imports);
      const broken = () => {
        throw new WebAssembly.RuntimeError('unreachable');
      };
      const part = ([name, value]) => [name, name !== 'explain' ? value : (...args) => (window.trap ? broken() : value(...args))];
      return { exports: Object.fromEntries(Object.entries(exports).map(part)) };
    };
  };
  const page = await open(places.file, { prepare });
  await page.evaluate(() => { window.trap = true; });
  await paste(page, 'appid=wx1&sign=00000000000000000000000000000000');
  await state(page, 'failed');
  assert.ok((await page.getByTestId('message').inputValue()).startsWith('appid=wx1'));
  await page.evaluate(() => { window.trap = false; });
  await page.getByTestId('retry').click();
  await state(page, 'no_key');
});

test('the page saves itself as it was delivered', async () => {
  const page = await open(places.server);
  await page.getByTestId('key').fill(KEY);
  await example(page, 'notice');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('save').click()]);
  const saved = readFileSync(await download.path(), 'utf8');
  const policy = (html) => /Content-Security-Policy" content="([^"]+)"/.exec(html)[1];
  assert.equal(policy(saved), policy(readFileSync(FILE, 'utf8')));
  assert.ok(!saved.includes(KEY) && !saved.includes('T20260101000001</'));
});

test('the keyboard is enough', async () => {
  const page = await open(places.file);
  const reached = new Set();
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => document.activeElement?.dataset.testid));
  }
  for (const id of ['seal', 'save', 'lang', 'theme', 'examples', 'format', 'message', 'second', 'key', 'add-candidate', 'scene', 'first-milliseconds']) {
    assert.ok(reached.has(id), `${id} is reached by Tab`);
  }
  await page.getByTestId('lang').focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'lang', 'the focus stays');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
});

const AXE_STATES = {
  empty: async () => undefined,
  menu: (page) => page.getByTestId('examples').click(),
  no_key: (page) => paste(page, MESSAGE.replace('@SIGN@', '0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F')),
  unsigned: (page) => rightSignature(page, MESSAGE.replace('@SIGN@', ''), KEY),
  match: (page) => example(page, 'notice'),
  match_but: (page) => example(page, 'milliseconds'),
  found: async (page) => {
    await example(page, 'trade_mark');
    await page.getByTestId('field-diff').click();
    await page.getByTestId('field-1').focus();
  },
  suspected: (page) => example(page, 'no_second_signing'),
  unexplained: async (page) => {
    await page.getByTestId('key').fill(KEY);
    await paste(page, MESSAGE.replace('@SIGN@', '0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F'));
    await page.getByTestId('answer-every').click();
    await page.getByTestId('add-candidate').click();
  },
  malformed: (page) => paste(page, '支付失败'),
  too_large: (page) => paste(page, 'x'.repeat(300_000)),
  refund: (page) => example(page, 'refund_notice'),
  share: async (page) => {
    await example(page, 'notice');
    await page.getByTestId('share').click();
  },
  seal: (page) => page.getByTestId('seal').click(),
};

for (const theme of ['light', 'dark']) {
  test(`axe finds nothing in any state, ${theme}`, async () => {
    for (const [name, go] of Object.entries(AXE_STATES)) {
      const page = await open(places.file, { theme, width: name.length % 2 ? 360 : 1280 });
      await go(page);
      const session = await page.context().newCDPSession(page);
      await session.send('Runtime.evaluate', { expression: AXE });
      // What moves is not finished: its colours are not the final ones.
      await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState === 'finished'));
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      assert.deepEqual(violations.map(({ id, nodes }) => `${name}: ${id} ${nodes[0].target}`), []);
      await page.context().close();
    }
  });
}

test('q04: the page can ask nobody, and has all it needs', () => {
  const page = readFileSync(fileURLToPath(FILE), 'utf8');
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page);
  for (const rule of ["default-src 'none'", "connect-src 'none'", "form-action 'none'", "base-uri 'none'"]) {
    assert.ok(policy.split('; ').includes(rule), `${rule} in ${policy}`);
  }
  assert.ok(!/unsafe-inline|unsafe-eval'|https?:/.test(policy.replace("'wasm-unsafe-eval'", '')), policy);
  for (const [tag, address] of page.matchAll(/<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="([^"]*)"/g)) {
    assert.ok(address.startsWith('data:'), tag.slice(0, 200));
  }
});

test('one file, of a known weight', () => {
  const { length } = readFileSync(fileURLToPath(FILE));
  assert.ok(length <= MAX_BYTES, `${length} bytes`);
});
