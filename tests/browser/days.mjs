// The page of days: opened with the admin key, a day compared for real, and its picture in both languages and sizes.
// Needs WXPAY_BIN (the built wxpay) and CHROMIUM (the browser).
import { spawn } from 'node:child_process';
import { strict as assert } from 'node:assert';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ADMIN_KEY = 'admin0key0of0the0days0page0test0';
// Those of `wxpay simulate`.
const [APPID, MCH_ID, API_KEY] = ['wx5150000000000000', '1900000109', 'simulator0key0simulator0key00001'];

let wechat, server, browser, url, directory;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'wxpay-days-'));
  for (const [name, secret] of [['shop.key', API_KEY], ['shop.secret', '7e57000000000000000000000000da75'], ['shop.admin', ADMIN_KEY]]) {
    writeFileSync(join(directory, name), secret);
    chmodSync(join(directory, name), 0o600);
  }
  wechat = spawn(process.env.WXPAY_BIN, ['simulate', '--port', '0'], {
    env: { LANG: 'C' }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  const wechatUrl = await printed(wechat, /http:\/\/127\.0\.0\.1:\d+/);
  writeFileSync(join(directory, 'wxpay.toml'), `profile = "test"
[http]
listen = "127.0.0.1:0"
public_url = "http://127.0.0.1"
[store]
path = "data"
[wechat]
pay_url = "${wechatUrl}"
login_url = "${wechatUrl}"
[[merchants]]
id = "shop"
appid = "${APPID}"
mch_id = "${MCH_ID}"
api_key_file = "shop.key"
app_secret_file = "shop.secret"
admin_key_file = "shop.admin"
`);
  server = spawn(process.env.WXPAY_BIN, ['serve', '--config', join(directory, 'wxpay.toml')], { env: { LANG: 'C' }, stdio: ['ignore', 'ignore', 'pipe'] });
  const listening = await printed(server, /.*"listening".*\n/, 'stderr');
  url = `http://${/127\.0\.0\.1:\d+/.exec(listening)[0]}/days`;
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
});

after(async () => {
  await browser?.close();
  server?.kill('SIGTERM');
  wechat?.kill('SIGTERM');
  rmSync(directory, { recursive: true, force: true });
});

function printed(child, wanted, stream = 'stdout') {
  return new Promise((resolve, reject) => {
    let text = '';
    child[stream].on('data', (chunk) => {
      text += chunk;
      const found = wanted.exec(text);
      if (found) resolve(found[0]);
    });
    child.on('exit', (code) => reject(new Error(`it ended with ${code}: ${text}`)));
  });
}

// A fresh page. Whatever it asks of other hosts, and every violation of its policy, is counted and must stay at nothing.
async function opened(options = {}, days = null) {
  const page = await (await browser.newContext({ locale: 'en-US', ...options })).newPage();
  page.setDefaultTimeout(15_000);
  page.wrong = [];
  page.on('request', (request) => {
    if (request.url().startsWith('http') && !request.url().startsWith(new URL(url).origin)) page.wrong.push(request.url());
  });
  page.on('console', (line) => line.type() === 'error' && /Content Security Policy/.test(line.text()) && page.wrong.push(line.text()));
  page.on('pageerror', (error) => page.wrong.push(String(error)));
  if (days !== null) await page.route('**/v1/days?*', (route) => route.fulfill({ json: { days } }));
  await page.goto(url);
  return page;
}

async function enter(page, key = ADMIN_KEY) {
  await page.getByTestId('key').fill(key);
  await page.getByTestId('open').click();
}

const date = (back) => new Date(Date.now() + 8 * 3_600_000 - back * 86_400_000).toISOString().slice(0, 10);
const state = (page) => page.getByTestId('state').getAttribute('data-state');

// A month of a shop: weekends are better, some money goes back, one day was missed, two differ.
function month() {
  const difference = (more) => ({
    kind: 'only_at_wechat', outcome: 'remains', out_trade_no: '20260131T103015K7Q2', at_ms: Date.now() - 86_400_000,
    at_wechat: { fee: 12_850, state: 'SUCCESS', transaction_id: '4200000001202601310000000001' }, ...more,
  });
  const first = [
    difference({}),
    difference({ kind: 'amount_differs', out_trade_no: '20260131T110102A1B2', here: { fee: 9_900, state: 'NOTPAY' } }),
    difference({ kind: 'refund_differs', out_trade_no: '20260131T131400C3D4', out_refund_no: 'R20260131T1530', here: { fee: 4_500, state: 'PROCESSING' }, at_wechat: undefined }),
    difference({ outcome: 'healed', out_trade_no: '20260131T174810E5F6', here: { fee: 12_850, state: 'NOTPAY' } }),
  ];
  const none = { only_at_wechat: 0, only_here: 0, amount_differs: 0, refund_differs: 0 };
  return Array.from({ length: 30 }, (_, i) => 30 - i).filter((back) => back !== 9).map((back) => {
    const weekday = new Date(`${date(back)}T00:00:00Z`).getUTCDay();
    const paid = 180_000 + ((back * 7919) % 97) * 3_100 + (weekday % 6 === 0 ? 240_000 : 0);
    const differs = back === 1 || back === 17;
    return {
      merchant: 'shop', date: date(back), finished_ms: Date.now(), has_bill: true, rows: 140 + ((back * 31) % 90), not_ours: back % 5,
      paid: { count: 132 + ((back * 29) % 90), fee: paid }, refunded: { count: back % 4, fee: Math.round(paid * ((back * 13) % 11) / 110) },
      differences: differs ? { ...none, only_at_wechat: 1, amount_differs: 1, refund_differs: 1 } : none,
      healed: back === 1 ? 1 : 0, unanswered: 0, near_midnight: 0, first: differs ? first : [],
    };
  });
}

test('the key opens the books, stays in the tab, and is forgotten on demand', async () => {
  const page = await opened();
  await enter(page, 'x'.repeat(32));
  await page.getByText("This is not a merchant's admin key.").waitFor();
  await enter(page);
  await page.getByTestId('day').waitFor();
  assert.equal(await page.evaluate(() => Object.keys(localStorage).some((name) => /key/.test(name))), false);
  await page.reload();
  await page.getByTestId('day').waitFor();
  await page.getByTestId('lock').click();
  await page.getByTestId('key').waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  assert.deepEqual(page.wrong, []);
});

test('a day is compared from the page, and the next visit shows it', async () => {
  const page = await opened();
  await enter(page);
  await page.getByTestId(`bar-${date(2)}`).click();
  assert.equal(await state(page), 'missing');
  await page.getByTestId('compare').click();
  await page.locator('[data-testid="state"][data-state="agrees"]').waitFor();
  await page.reload();
  await page.locator('[data-testid="state"][data-state="agrees"]').waitFor();
  assert.equal(await page.getByTestId('day').getAttribute('data-date'), date(2), 'the newest day that was compared');
  assert.deepEqual(page.wrong, []);
});

test('a day is a picture: sums, differences, and arrow keys from day to day', async () => {
  const page = await opened({}, month());
  await enter(page);
  await page.getByTestId('day').waitFor();
  const [yesterday] = month().filter((day) => day.date === date(1));
  const yuan = (fen) => `¥${(fen / 100).toLocaleString('en', { minimumFractionDigits: 2 })}`;
  for (const [name, fen] of [['paid', yesterday.paid.fee], ['refunded', yesterday.refunded.fee], ['net', yesterday.paid.fee - yesterday.refunded.fee]]) {
    assert.equal(await page.getByTestId(name).textContent(), yuan(fen));
  }
  assert.equal(await state(page), 'differs');
  assert.equal(await page.getByTestId('differences').locator('li.row').count(), 4);
  await page.getByTestId(`bar-${date(1)}`).focus();
  await page.keyboard.press('ArrowLeft');
  assert.equal(await page.getByTestId('day').getAttribute('data-date'), date(2));
  assert.equal(await state(page), 'agrees');
  await page.keyboard.press('ArrowRight');
  assert.equal(await state(page), 'differs');
  await page.getByTestId(`bar-${date(9)}`).click();
  assert.equal(await state(page), 'missing');
  assert.deepEqual(page.wrong, []);
});

for (const [name, options] of [
  ['on a phone, in Chinese', { locale: 'zh-CN', viewport: { width: 360, height: 780 } }],
  ['on a desktop, dark', { colorScheme: 'dark', viewport: { width: 1280, height: 900 } }],
  ['on a desktop, light', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
]) {
  test(`nothing overflows and axe finds nothing, ${name}`, async () => {
    const page = await opened({ ...options, bypassCSP: true }, month());
    const check = async (what) => {
      await page.addScriptTag({ content: AXE });
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]), [], what);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `${what} scrolls sideways`);
      if (process.env.WXPAY_SHOTS) await page.screenshot({ path: `${process.env.WXPAY_SHOTS}/${name.replace(/\W+/g, '-')}-${what}.png`, fullPage: true });
    };
    await check('gate');
    await enter(page);
    await page.getByTestId('day').waitFor();
    await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== 'running'));
    await check('differs');
    await page.getByTestId(`bar-${date(2)}`).click();
    await check('agrees');
    await page.getByTestId(`bar-${date(9)}`).click();
    await check('missing');
  });
}
