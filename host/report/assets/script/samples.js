// The section of samples: what all runs have made at a training step, beside each other, the same places in each.

// Every series of samples with the runs that have it.
function seriesOf(list) {
  const found = new Map();
  runs().forEach((run, index) => {
    for (const series of Array.isArray(run[list]) ? run[list] : []) {
      const key = `${series.name}\n${series.kind ?? series.view}`;
      found.set(key, [...(found.get(key) ?? []), {run: index, series}]);
    }
  });
  found.forEach((entries) => entries.sort((a, b) => groupOf(a.run) - groupOf(b.run)));
  return [...found.values()];
}

// The steps at which some of these were made, rising.
const stepsOf = (entries) => [...new Set(entries.flatMap((entry) => entry.series.steps))].sort((a, b) => a - b);

// A slider over these training steps. It stays where it is when later ones come, or at the newest if it was there.
function stepSlider(label, onchange) {
  let steps = [];
  const text = element('output', {class: 'step'});
  const slider = element('input', {type: 'range', min: 0, max: 0, step: 1, value: 0, 'aria-label': label, oninput: () => chosen()});
  const play = element('button', {type: 'button', class: 'quiet', 'aria-label': 'Play the steps', onclick: () => toggle()}, '▶');
  let timer = null;
  function chosen() {
    state.step = Number(slider.value) === steps.length - 1 ? Infinity : steps[slider.value];
    changed('step');
  }
  function toggle() {
    if (timer !== null) {
      clearInterval(timer);
      timer = null;
    } else {
      slider.value = Number(slider.value) === steps.length - 1 ? 0 : slider.value;
      timer = setInterval(() => {
        if (Number(slider.value) >= steps.length - 1) {
          return toggle();
        }
        slider.value = Number(slider.value) + 1;
        return chosen();
      }, 500);
      chosen();
    }
    play.textContent = timer === null ? '▶' : '⏸';
    play.setAttribute('aria-label', timer === null ? 'Play the steps' : 'Stop');
  }
  const row = element('div', {class: 'slider'}, play, slider, text);
  return {
    row,
    show(now) {
      steps = now;
      row.hidden = steps.length === 0;
      slider.hidden = play.hidden = steps.length === 1;
      slider.max = Math.max(0, steps.length - 1);
      slider.value = nearest(steps, state.step === Infinity ? steps[steps.length - 1] : state.step);
      const step = steps[slider.value] ?? 0;
      text.textContent = `step ${grouped(step)}`;
      slider.setAttribute('aria-valuetext', `step ${step}`);
      onchange(step);
    },
  };
}

// Says which step is shown where it is not the one that is asked for.
function stepNote(shown, wanted) {
  return shown === wanted ? element('span', {class: 'faint'}, `step ${grouped(shown)}`)
    : element('span', {class: 'other'}, `nearest: step ${grouped(shown)}`);
}

// Pictures of one series name of all runs.
class PictureWall {
  constructor(entries) {
    this.entries = entries;
    this.scale = 0;  // automatic
    this.frame = 0;
    this.oneOfEach = false;
    this.pair = [0, Math.min(1, entries.length - 1)];
    this.wall = element('div', {class: 'wall'});
    this.canvases = new Map();
    this.differenceCanvas = element('canvas', {class: 'tiles'});
    this.differenceText = element('figcaption');
    this.differenceBox = element('figure', {class: 'panel difference'}, this.differenceText, this.differenceCanvas);
    this.pairBox = element('div', {class: 'controls'});
    this.slider = stepSlider('Training step of the samples', (step) => this.draw(step));
    this.place = new PlaceDialog(this);
    this.controls = element('div', {class: 'controls', role: 'group', 'aria-label': 'How samples are shown'});
    this.box = element('div', {class: 'series'}, this.controls, this.slider.row, this.wall, this.pairBox, this.differenceBox, this.place.box);
    this.build();
  }

  shown() {
    const shown = this.entries.filter((entry) => isShown(entry.run) && entry.series.steps.length > 0);
    return this.oneOfEach ? shown.filter((entry, at) => shown.findIndex((other) => groupOf(other.run) === groupOf(entry.run)) === at) : shown;
  }

  // Samples that every run shows, so that a place is the same sample in all.
  count() {
    return Math.min(...this.shown().map((entry) => entry.series.sheet.count));
  }

  columns() {
    return Math.ceil(Math.sqrt(this.count()));
  }

  build() {
    const entries = this.shown();
    const frames = Math.max(1, ...entries.map((entry) => entry.series.sheet.frames));
    replace(this.controls, choice('Size', [['0', 'fitting'], ['1', '1×'], ['2', '2×'], ['3', '3×'], ['4', '4×']], String(this.scale), (scale) => {
      this.scale = Number(scale);
      this.update();
    }), hasGroups() ? checkbox('One run of each group', this.oneOfEach, (on) => {
      this.oneOfEach = on;
      this.build();
    }) : null, frames > 1 ? this.frameSlider(frames) : null);
    this.canvases = new Map();
    replace(this.wall, entries.map((entry) => this.panel(entry)));
    const none = this.entries.filter((entry) => isShown(entry.run) && entry.series.steps.length === 0);
    if (none.length > 0) {
      this.wall.append(element('p', {class: 'faint note'}, `without pictures here: ${none.map((entry) => labelOf(entry.run)).join(', ')}`));
    }
    this.pair = this.pair.map((at) => Math.min(at, Math.max(0, entries.length - 1)));
    const options = entries.map((entry, at) => [String(at), plainName(entry.run)]);
    this.pairBox.hidden = this.differenceBox.hidden = entries.length < 2;
    replace(this.pairBox, choice('Difference', options, String(this.pair[0]), (at) => this.choosePair(0, at)),
      choice('minus', options, String(this.pair[1]), (at) => this.choosePair(1, at)));
    this.update();
  }

  choosePair(which, at) {
    this.pair[which] = Number(at);
    this.update();
  }

  frameSlider(frames) {
    const text = element('output', {}, `${this.frame + 1} of ${frames}`);
    const slider = element('input', {type: 'range', min: 0, max: frames - 1, value: this.frame, 'aria-label': 'Frame of the sequences', oninput: () => {
      this.frame = Number(slider.value);
      text.textContent = `${this.frame + 1} of ${frames}`;
      this.update();
    }});
    return element('label', {class: 'control'}, element('span', {}, 'Frame'), slider, text);
  }

  panel(entry) {
    const canvas = element('canvas', {class: 'tiles', tabindex: '0', role: 'img', onclick: (event) => this.clicked(event, canvas),
      onkeydown: (event) => this.place.key(event)});
    const caption = element('span');
    this.canvases.set(entry.run, {canvas, caption});
    return element('figure', {class: 'panel', 'data-run': labelOf(entry.run)},
      element('figcaption', {}, element('span', {class: 'name'}, runTitle(entry.run)), caption), canvas);
  }

  update() {
    this.slider.show(stepsOf(this.shown()));
  }

  // Whoever is asked last is drawn: earlier pictures may come later.
  async draw(step) {
    const turn = this.turn = (this.turn ?? 0) + 1;
    const entries = this.shown();
    if (entries.length === 0) {
      return;
    }
    const count = this.count(), columns = this.columns();
    const loaded = await Promise.allSettled(entries.map((entry) => imageAt(this.address(entry, step))));
    if (turn !== this.turn) {
      return;
    }
    loaded.forEach((image, at) => {
      const {canvas, caption} = this.canvases.get(entries[at].run);
      const {series} = entries[at];
      const shown = series.steps[nearest(series.steps, step)];
      if (image.status === 'rejected') {
        replace(caption, element('span', {class: 'other'}, image.reason.message));
        return;
      }
      drawTiles(canvas, image.value, series.sheet, count, columns, this.frame);
      this.fit(canvas, series.sheet, columns);
      canvas.dataset.step = shown;
      canvas.setAttribute('aria-label', `${count} samples of ${plainName(entries[at].run)} at step ${shown}; Enter looks at one place over all steps`);
      replace(caption, ' ', stepNote(shown, step));
    });
    this.drawDifference(step);
  }

  address(entry, step) {
    return pictureAddress(runs()[entry.run], entry.series, nearest(entry.series.steps, step));
  }

  fit(canvas, sheet, columns) {
    const natural = columns * (sheet.width + tileGap) - tileGap;
    const room = Math.min(480, this.wall.clientWidth / this.shown().length - 20);
    const scale = this.scale > 0 ? this.scale : Math.max(1, Math.min(8, Math.floor(room / natural)));
    canvas.style.width = `${natural * scale}px`;
    canvas.parentElement.style.width = `max(${natural * scale}px, 10rem)`;  // its caption is no wider
  }

  drawDifference() {
    const entries = this.shown();
    if (entries.length < 2) {
      return;
    }
    const [a, b] = this.pair.map((at) => entries[at]);
    const [first, second] = [a, b].map((entry) => this.canvases.get(entry.run).canvas);
    const comparable = first.width === second.width && first.height === second.height;
    this.differenceCanvas.hidden = !comparable;
    if (!comparable) {
      replace(this.differenceText, 'These runs make pictures of different sizes, which have no difference.');
      return;
    }
    const apart = drawDifference(this.differenceCanvas, first, second);
    this.differenceCanvas.style.width = first.style.width;
    this.differenceCanvas.setAttribute('role', 'img');
    const text = `${numberText(apart, 3)} of 255 on average`;
    this.differenceCanvas.setAttribute('aria-label', `Difference of ${plainName(a.run)} and ${plainName(b.run)}: ${text}`);
    const seeds = [a, b].map((entry) => runs()[entry.run].sample_seed);
    const steps = [first, second].map((canvas) => Number(canvas.dataset.step));
    replace(this.differenceText, element('span', {class: 'name'}, runTitle(a.run), ' − ', runTitle(b.run)), `: ${text}. `,
      element('span', {class: 'faint'}, 'Orange: the first is brighter; blue: the second is. ',
        seeds[0] === seeds[1] ? `Both draw their noise by the seed ${seeds[0]}: a place has the same latent in both where their latents are alike. `
          : `Their noise is drawn by other seeds (${seeds[0]} and ${seeds[1]}), so a place has another latent in each; [sample] seed in both makes them the same. `,
        steps[0] === steps[1] ? '' : `Steps ${grouped(steps[0])} and ${grouped(steps[1])}.`));
  }

  clicked(event, canvas) {
    const box = canvas.getBoundingClientRect();
    const {sheet} = this.shown()[0].series;
    const column = Math.floor((event.clientX - box.left) / box.width * canvas.width / (sheet.width + tileGap));
    const row = Math.floor((event.clientY - box.top) / box.height * canvas.height / (sheet.height + tileGap));
    this.place.open(row * this.columns() + column);
  }
}

function samplesSection() {
  const host = element('div');
  let walls = [];
  function build() {
    const all = seriesOf('samples');
    walls = [];
    const problems = runs().map((run, index) => [index, run.samples?.problem]).filter(([, problem]) => problem);
    replace(host, all.length === 0 ? element('p', {class: 'faint'}, 'None of the runs has samples.') : all.map((entries) => {
      const {series} = entries[0];
      const wall = series.sheet ? new PictureWall(entries) : new OtherSamples(entries);
      walls.push(wall);
      const made = entries.reduce((sum, entry) => sum + (entry.series.made ?? 0), 0);
      const shown = entries.reduce((sum, entry) => sum + entry.series.steps.length, 0);
      return [element('h3', {}, series.name, element('span', {class: 'faint'}, ` ${series.kind}, ${series.dims.join(' × ')}`)), wall.box,
        shown < made ? element('p', {class: 'faint note'}, `${counted(shown, 'step')} of ${grouped(made)} of all runs ${shown === 1 ? 'is' : 'are'} in this page.`) : null];
    }), problems.map(([index, problem]) => element('p', {class: 'bad'}, runName(index), `: ${problem}`)));
  }
  const update = () => walls.forEach((wall) => wall.update());
  listen('runs', build);
  listen('rows', build);
  listen('hidden', () => walls.forEach((wall) => wall.build()));
  listen('step', update);
  listen('theme', update);
  return [host];
}
