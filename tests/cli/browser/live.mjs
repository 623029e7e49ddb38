// The server's page looked at in a headless browser, with one run that trains. Usage: node live.mjs PLAYWRIGHT CHROMIUM ADDRESS [SCREENSHOTS]
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {join} from 'node:path';

const [playwright, executablePath, address, screenshots] = process.argv.slice(2);
const {chromium} = createRequire(import.meta.url)(playwright);
const browser = await chromium.launch({executablePath, args: process.getuid() === 0 ? ['--no-sandbox'] : []});
const page = await (await browser.newContext({viewport: {width: 1280, height: 900}})).newPage();
page.setDefaultTimeout(200000);  // of a machine that does much else
const wrong = [];
page.on('console', (message) => ['error', 'warning'].includes(message.type()) && wrong.push(message.text()));
page.on('pageerror', (error) => wrong.push(String(error)));
page.on('request', (request) => request.url().startsWith(address) || request.url().startsWith('data:') || wrong.push(`a request: ${request.url()}`));
await page.goto(address);
await page.waitForSelector('#differs tbody tr');
assert.match(await page.locator('#head').innerText(), /2 runs, 1 running, live/);
assert.match(await page.locator('#aside').innerText(), /running/);

// Rows appear as the run writes them, in charts that stay where they are.
const steps = () => page.locator('#timing tbody tr').evaluateAll((rows) => rows.map((row) => row.cells[2].innerText));
await page.locator('.chart').first().scrollIntoViewIfNeeded();
await page.waitForSelector('.chart canvas');
const before = await steps();
await page.waitForFunction((then) => [...document.querySelectorAll('#timing tbody tr')].some((row, i) => row.cells[2].innerText !== then[i]), before);

// The pictures come from the server.
const canvas = page.locator('#samples .panel[data-run] canvas').first();
await canvas.scrollIntoViewIfNeeded();
await page.waitForFunction(() => document.querySelector('#samples .panel[data-run] canvas').dataset.step);
assert(await canvas.evaluate((one) => one.getContext('2d').getImageData(0, 0, one.width, one.height).data.some((value) => value > 0 && value < 255)));

// One that is not chosen is gone, and the address says who is left.
await page.locator('.live li input').first().uncheck();
await page.waitForFunction(() => document.querySelectorAll('#differs tbody tr').length === 1);
assert.match(new URL(page.url()).hash, /^#runs=[0-9a-f]{8}$/);
await page.reload();
await page.waitForFunction(() => document.querySelectorAll('#differs tbody tr').length === 1);
if (screenshots) {
  await page.screenshot({path: join(screenshots, 'live.png')});
}
assert.deepEqual(wrong, []);
await browser.close();
