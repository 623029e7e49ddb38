// A report looked at in a headless browser. Usage: node page.mjs PLAYWRIGHT CHROMIUM FILE.html EXPECTED.json [SCREENSHOTS]
// EXPECTED has what the page is to show; the folder SCREENSHOTS gets pictures of it.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

const [playwright, executablePath, file, expectedFile, screenshots] = process.argv.slice(2);
const {chromium} = createRequire(import.meta.url)(playwright);
const expected = JSON.parse(readFileSync(expectedFile, 'utf8'));
const browser = await chromium.launch({executablePath, args: process.getuid() === 0 ? ['--no-sandbox'] : []});

const patience = 200000;  // milliseconds, of a machine that does much else

// Waits until it is so: what the page draws may take its time.
async function eventually(condition, what) {
  for (const end = Date.now() + patience; !await condition();) {
    assert(Date.now() < end, what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// A page that notes all that goes wrong in it, and that no dialog and no request leaves unseen.
async function opened(options = {}) {
  const context = await browser.newContext({viewport: {width: 1280, height: 900}, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.wrong = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && page.wrong.push(message.text()));
  page.on('pageerror', (error) => page.wrong.push(String(error)));
  page.on('dialog', (dialog) => {
    page.wrong.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', (request) => /^(file|data|blob):/.test(request.url()) || page.wrong.push(`a request: ${request.url()}`));
  await page.goto(pathToFileURL(file).href);
  await page.locator('.chart').first().scrollIntoViewIfNeeded();  // a chart is drawn once it is near
  await page.waitForSelector('.chart canvas');
  await page.evaluate(() => window.scrollTo(0, 0));
  return page;
}

async function picture(page, name, options = {}) {
  if (screenshots) {
    await page.screenshot({path: join(screenshots, `${name}.png`), ...options});
  }
}

// How many pixels of a canvas have been drawn on.
const drawn = (locator) => locator.evaluate((canvas) => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 3; at < data.length; at += 4) {
    count += data[at] > 0 ? 1 : 0;
  }
  return count;
});
const pixels = (locator) => locator.evaluate((canvas) => canvas.toDataURL());

const tests = {
  async 'curves are drawn, of every metric'(page) {
    const names = await page.locator('.chart').evaluateAll((charts) => charts.map((chart) => chart.dataset.metric));
    for (const metric of expected.metrics) {
      assert(names.includes(metric), `${metric} among ${names}`);
    }
    for (const chart of (await page.locator('.chart').all()).slice(0, 4)) {
      await chart.scrollIntoViewIfNeeded();
      await chart.locator('canvas').waitFor();
      assert(await drawn(chart.locator('canvas')) > 200);
    }
  },

  async 'all runs are named, and none of their names is markup'(page) {
    const text = await page.locator('#differs').innerText();
    for (const run of expected.runs) {
      assert(text.includes(run.id), run.id);
      assert(text.includes(run.name), run.name);
    }
    assert.equal(await page.locator('script').count(), 4);  // ours
  },

  async 'the slider changes every picture, and says which step each run shows'(page) {
    const panels = page.locator('#samples .panel[data-run]');
    assert.equal(await panels.count(), expected.with_pictures);
    const slider = page.locator('#samples input[type=range]').first();
    await slider.scrollIntoViewIfNeeded();
    await page.waitForFunction(() => [...document.querySelectorAll('#samples .panel[data-run] canvas')].every((canvas) => canvas.dataset.step));
    const before = [];
    for (const panel of await panels.all()) {
      assert(await drawn(panel.locator('canvas')) > 50);
      before.push(await pixels(panel.locator('canvas')));
    }
    const step = await page.locator('#samples output.step').first().innerText();
    await slider.focus();
    await page.keyboard.press('Home');
    assert.notEqual(await page.locator('#samples output.step').first().innerText(), step);
    for (const [at, panel] of (await panels.all()).entries()) {
      await eventually(async () => await pixels(panel.locator('canvas')) !== before[at], `the picture of run ${at} changes`);
    }
    const notes = await page.locator('#samples .panel[data-run] figcaption').allInnerTexts();
    assert(notes.every((note) => /step [\d,]+/.test(note)), notes.join('\n'));
    if (expected.other_cadences) {
      assert(notes.some((note) => note.includes('nearest: step')), notes.join('\n'));
    }
    await page.keyboard.press('End');
  },

  async 'a run minus itself is nothing, and minus another something'(page) {
    const [first, second] = await page.locator('#samples .series > .controls select').all().then((all) => all.slice(-2));
    const caption = page.locator('#samples .difference figcaption').first();
    const nothing = async () => / 0 of 255 on average/.test(await caption.innerText());
    await second.selectOption('1');
    await eventually(async () => !await nothing(), 'a difference');
    await first.selectOption('1');
    await eventually(nothing, 'no difference');
    await first.selectOption('0');
    await eventually(async () => !await nothing(), 'a difference again');
  },

  async 'a place is looked at over all steps, and left again'(page) {
    const canvas = page.locator('#samples .panel[data-run] canvas').first();
    await canvas.focus();
    await page.keyboard.press('Enter');
    const dialog = page.locator('dialog.place');
    await dialog.waitFor();
    assert.match(await dialog.innerText(), /Place 1 of/);
    await page.keyboard.press('ArrowRight');
    assert.match(await dialog.innerText(), /Place 2 of/);
    await eventually(async () => await drawn(dialog.locator('canvas').first()) > 0, 'a place is drawn');
    await picture(page, 'place');
    await page.keyboard.press('Escape');
    assert(!await dialog.isVisible());
  },

  async 'a chart is read and zoomed by keys, and all charts follow'(page) {
    const chart = page.locator('.chart').first();
    await chart.scrollIntoViewIfNeeded();
    await chart.locator('.plot').focus();
    await page.keyboard.press('ArrowRight');
    const there = await chart.locator('.readout').innerText();
    assert.match(there, /at step/);
    assert.equal(await page.locator('#said').innerText().then((text) => text.length > 0), true);
    const whole = await pixels(chart.locator('canvas'));
    await page.keyboard.press('+');
    await eventually(async () => await pixels(chart.locator('canvas')) !== whole, 'it is zoomed');
    await page.keyboard.press('0');
    await eventually(async () => await pixels(chart.locator('canvas')) === whole, 'all is shown again');
  },

  async 'axis, smoothing and logarithm draw anew'(page) {
    const canvas = page.locator('.chart canvas').last();
    await canvas.scrollIntoViewIfNeeded();
    let before = await pixels(canvas);
    const differs = async (what) => {
      await eventually(async () => await pixels(canvas) !== before, what);
      before = await pixels(canvas);
    };
    await page.locator('#curves select').first().selectOption('seconds');
    await differs('seconds');
    await page.getByLabel('Smoothing, percent of the axis').fill('20');
    await differs('smoothing');
    await page.getByLabel('Logarithmic').check();
    await page.getByLabel('Logarithmic').uncheck();
    await page.getByLabel('Smoothing, percent of the axis').fill('0');
    await page.locator('#curves select').first().selectOption('steps');
  },

  async 'a run that is hidden is nowhere'(page) {
    const panels = page.locator('#samples .panel[data-run]');
    const count = await panels.count();
    for (const details of await page.locator('#aside details').all()) {
      await details.evaluate((one) => {
        one.open = true;
      });
    }
    const box = page.locator('#aside li input[type=checkbox]').first();
    await box.uncheck();
    assert.equal(await panels.count(), count - 1);
    await box.check();
    assert.equal(await panels.count(), count);
  },

  async 'headings sort, and say so'(page) {
    const heading = page.locator('#results thead th').nth(1);
    await heading.locator('button').click();
    assert.equal(await heading.getAttribute('aria-sort'), 'ascending');
    const values = await page.locator('#results tbody tr td:nth-child(2)').allInnerTexts();
    const numbers = values.map((text) => Number(text.replace('★', '').replace('−', '-'))).filter((value) => !Number.isNaN(value));
    assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
  },

  async 'two experiments are told apart line by line'(page) {
    const text = page.locator('#experiment');
    await text.scrollIntoViewIfNeeded();
    assert(await text.locator('tr').count() > 3);
    assert(expected.other_settings ? await text.locator('tr.added').count() > 0 : true);
  },

  async 'everything that acts can be reached by Tab, and shows that it is'(page) {
    await page.locator('body').click({position: {x: 1, y: 1}});
    const seen = new Set();
    for (let i = 0; i < 40; ++i) {
      await page.keyboard.press('Tab');
      const [tag, outline] = await page.evaluate(() => {
        const at = document.activeElement;
        return [at.tagName, getComputedStyle(at).outlineStyle];
      });
      seen.add(tag);
      assert(tag === 'BODY' || outline !== 'none', `${tag} shows no focus`);
    }
    assert(seen.has('A') && seen.has('BUTTON') && seen.has('INPUT'), [...seen].join());
  },
};

async function narrow() {
  const page = await opened({viewport: {width: 360, height: 740}, deviceScaleFactor: 2, hasTouch: true, isMobile: true});
  await page.locator('#experiment').scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelectorAll('#experiment tr').length > 0);
  const width = await page.evaluate(() => document.scrollingElement.scrollWidth);
  const wide = await page.evaluate(() => [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > 361
    && !one.closest('.scroll') && !one.closest('.unseen') && !one.closest('.plot')).map((one) => one.outerHTML.slice(0, 80)).slice(0, 5));
  assert(width <= 360, `scrolls to ${width}: ${wide.join('\n')}`);
  await picture(page, 'phone', {fullPage: true});
  assert.deepEqual(page.wrong, []);
}

async function dark() {
  const page = await opened({colorScheme: 'dark'});
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const black = await ground();
  await picture(page, 'dark', {fullPage: true});
  await page.locator('button.theme').click();  // light
  assert.notEqual(await ground(), black);
  await page.locator('button.theme').click();  // dark
  assert.equal(await ground(), black);
  assert.deepEqual(page.wrong, []);
}

async function printed() {
  const page = await opened();
  await page.emulateMedia({media: 'print'});
  assert(!await page.locator('#aside').isVisible());
  const bytes = await page.pdf({format: 'A4'});
  assert(bytes.length > 10000);
  assert.deepEqual(page.wrong, []);
}

const page = await opened();
await picture(page, 'top');
for (const [name, test] of Object.entries(tests)) {
  try {
    await test(page);
    assert.deepEqual(page.wrong, []);
    console.log(`so it is: ${name}`);
  } catch (error) {
    error.message = `${name}: ${error.message}`;
    await picture(page, 'wrong', {fullPage: true});
    throw error;
  }
}
await page.evaluate(() => window.scrollTo(0, 0));
await picture(page, 'whole', {fullPage: true});
await narrow();
await dark();
await printed();
await browser.close();
console.log(`${Object.keys(tests).length + 3} checks`);
