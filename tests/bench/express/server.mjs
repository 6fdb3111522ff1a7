// node server.mjs DATABASE ORDERS APPID MCH_ID KEY: takes payment notices as a shop's server does that was written with
// express, tenpay and better-sqlite3, and written well: one transaction of prepared statements for each notice, durable
// before WeChat hears of it. ORDERS is a file of [out_trade_no, total_fee] that are in the database from the start.
import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import express from 'express';
import Tenpay from 'tenpay';

const [path, orders, appid, mchid, partnerKey] = process.argv.slice(2);
const merchant = new Tenpay({ appid, mchid, partnerKey, notify_url: 'https://pay.example.com/notify' });

const db = new Database(path);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec(`
  CREATE TABLE IF NOT EXISTS orders (
    out_trade_no TEXT PRIMARY KEY,
    total_fee INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'NOTPAY'
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS payments (
    transaction_id TEXT PRIMARY KEY,
    out_trade_no TEXT NOT NULL UNIQUE REFERENCES orders,
    time_end TEXT NOT NULL,
    notice TEXT NOT NULL
  ) WITHOUT ROWID;
`);
const insert = db.prepare('INSERT INTO orders (out_trade_no, total_fee) VALUES (?, ?)');
db.transaction((rows) => rows.forEach((row) => insert.run(row)))(JSON.parse(readFileSync(orders, 'utf8')));

const find = db.prepare('SELECT total_fee, state FROM orders WHERE out_trade_no = ?');
const setPaid = db.prepare("UPDATE orders SET state = 'SUCCESS' WHERE out_trade_no = ?");
const keep = db.prepare('INSERT INTO payments VALUES (?, ?, ?, ?)');
const countPaid = db.prepare("SELECT count(*) AS paid FROM orders WHERE state = 'SUCCESS'");

/** Why a notice is not taken; undefined when it is, and durable. */
const take = db.transaction((notice) => {
  const order = find.get(notice.out_trade_no);
  if (!order) return 'no such order';
  if (order.total_fee !== Number(notice.total_fee)) return 'another amount';
  if (order.state === 'SUCCESS') return undefined;
  setPaid.run(notice.out_trade_no);
  keep.run(notice.transaction_id, notice.out_trade_no, notice.time_end, JSON.stringify(notice));
  return undefined;
});

const app = express();
app.disable('x-powered-by');
app.post(
  '/v1/notify/shop/pay',
  express.text({ type: '*/*' }),
  merchant.middlewareForExpress('pay'),
  (request, response) => response.reply(take.immediate(request.weixin)),
);
app.post('/paid', (_, response) => response.send(String(countPaid.get().paid)));

const server = app.listen(0, '127.0.0.1', () => console.log(`127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
