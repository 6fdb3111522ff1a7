// Packs the package as npm would publish it, and puts that where the tests import it from.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const folder = mkdtempSync(path.join(tmpdir(), 'wxpay-wasm-'));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const arguments_ = ['pack', '--json', '--silent', '--pack-destination', folder, path.resolve('..')];
const [{ filename }] = Object.values(JSON.parse(execFileSync(npm, arguments_, { encoding: 'utf8' })));
const target = path.resolve('node_modules/wxpay-wasm');
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
execFileSync('tar', ['-xzf', path.join(folder, filename), '-C', target, '--strip-components=1']);
rmSync(folder, { recursive: true });
