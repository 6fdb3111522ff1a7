// The demo as a person uses it: log in, buy, pay, see the order paid; then the same with a lost notice.
// Needs WXPAY_BIN (the built wxpay) and CHROMIUM (the browser).
import { spawn } from 'node:child_process';
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const PAID_MS = 15_000;

let demo, browser, url;

before(async () => {
  demo = spawn(process.env.WXPAY_BIN, ['demo', '--port', '0', '--simulator-port', '0'], {
    env: { ...process.env, LANG: 'C' }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  url = await new Promise((resolve, reject) => {
    let printed = '';
    demo.stdout.on('data', (chunk) => {
      printed += chunk;
      const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(printed);
      if (found) resolve(found[0]);
    });
    demo.on('exit', (code) => reject(new Error(`wxpay demo ended with ${code}`)));
  });
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
});

after(async () => {
  await browser?.close();
  demo?.kill('SIGTERM');
});

// A fresh page; whatever it asks of hosts other than this machine is counted, and must stay at nothing.
async function shop(options = {}) {
  const page = await (await browser.newContext({ locale: 'en-US', ...options })).newPage();
  page.setDefaultTimeout(PAID_MS);
  page.foreign = [];
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') page.foreign.push(request.url());
  });
  await page.goto(url);
  return page;
}

// The phone does one thing at a time: a tap while it logs in is not taken.
async function logIn(page) {
  await page.getByTestId('login').click();
  await page.getByTestId('member').waitFor();
}

async function buy(page, item) {
  await logIn(page);
  await page.getByTestId(`buy-${item}`).click();
  await page.getByTestId('pay').click();
}

const paid = (page) => page.locator('[data-testid="order-state"][data-state="SUCCESS"]').first().waitFor();

test('a person logs in, buys, pays, and the order turns paid', async () => {
  const page = await shop();
  await buy(page, 'coffee');
  await page.getByTestId('sheet-pay').click();
  await paid(page);
  // The log follows a moment later.
  for (const message of [/unifiedorder/i, /notice/i]) await page.getByTestId('log-row').filter({ hasText: message }).first().waitFor();
  assert.deepEqual(page.foreign, []);
});

test('a lost notice is found by query', async () => {
  const page = await shop();
  await logIn(page);
  await page.getByTestId('fault-lose').click();
  await page.getByTestId('buy-book').click();
  await page.getByTestId('pay').click();
  await page.getByTestId('sheet-pay').click();
  await paid(page);
});

test('whoever cancels has not paid', async () => {
  const page = await shop();
  await buy(page, 'sticker');
  await page.getByTestId('sheet-cancel').click();
  const state = page.getByTestId('order-state').first();
  await state.waitFor();
  assert.equal(await state.getAttribute('data-state'), 'NOTPAY');
});

test('on a phone, in Chinese', async () => {
  const page = await shop({ locale: 'zh-CN', viewport: { width: 360, height: 780 } });
  await buy(page, 'plant');
  await page.getByTestId('sheet-pay').click();
  await paid(page);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, 'nothing scrolls sideways');
});
