// Samples that are no pictures, as what they are: texts, signals, rows of tables, numbers.

class OtherSamples {
  constructor(entries) {
    this.entries = entries;
    this.wall = element('div', {class: 'wall wide'});
    this.slider = stepSlider('Training step of the samples', (step) => this.draw(step));
    this.box = element('div', {class: 'series'}, this.slider.row, this.wall);
    this.build();
  }

  shown() {
    return this.entries.filter((entry) => isShown(entry.run) && entry.series.steps.length > 0);
  }

  build() {
    this.update();
  }

  update() {
    this.slider.show(stepsOf(this.shown()));
  }

  draw(step) {
    const views = {tokens: textsView, signal: signalsView, 'table row': rowsView};
    replace(this.wall, this.shown().map((entry) => {
      const {series} = entry;
      const row = nearest(series.steps, step);
      return element('figure', {class: 'panel', 'data-run': labelOf(entry.run)},
        element('figcaption', {}, element('span', {class: 'name'}, runTitle(entry.run)), ' ', stepNote(series.steps[row], step),
          series.shown < series.count ? element('span', {class: 'faint'}, `, the first ${series.shown} of ${series.count}`) : null),
        (views[series.kind] ?? numbersView)(series, series.rows[row]));
    }));
  }
}

function textsView(series, texts) {
  return element('ol', {class: 'texts'}, texts.map((one) => element('li', {}, element('pre', {}, one.text),
    one.text.length < one.whole && new TextEncoder().encode(one.text).length < one.whole
      ? element('div', {class: 'faint'}, `… of ${bytesText(one.whole)}`) : null)));
}

// Each signal as a small drawing, a line for each channel, all on one scale.
function signalsView(series, packedValues) {
  const values = unpacked(packedValues);
  const [channels, times] = series.dims;
  let low = series.low, high = series.high;
  for (const value of values) {
    if (Number.isFinite(value)) {
      low = low === high && low === 0 ? value : Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  const count = values.length / (channels * times);
  return element('div', {class: 'signals'}, Array.from({length: count}, (_, n) => {
    const canvas = element('canvas', {class: 'signal', width: 360, height: 96, role: 'img',
      'aria-label': `signal ${n + 1}, ${channels === 1 ? '' : `${channels} channels, `}${times} values${series.rate > 0 ? `, ${numberText(times / series.rate, 3)} s` : ''}`});
    const context = canvas.getContext('2d');
    const y = (value) => 92 - (value - low) / (high - low || 1) * 88;
    context.strokeStyle = cssColour('--grid');
    context.strokeRect(0.5, 0.5, 359, 95);
    for (let channel = 0; channel < channels; ++channel) {
      context.strokeStyle = strokeOf(channel).colour;
      context.beginPath();
      for (let time = 0; time < times; ++time) {
        context.lineTo(time / Math.max(1, times - 1) * 359, y(values[(n * channels + channel) * times + time]));
      }
      context.stroke();
    }
    return canvas;
  }), element('p', {class: 'faint'}, `${numberText(low, 3)} to ${numberText(high, 3)}`,
    channels > 1 ? Array.from({length: channels}, (_, c) => [' ', keyMark(c), ` ${series.channels?.[c] ?? c + 1}`]) : null));
}

function rowsView(series, packedValues) {
  const values = unpacked(packedValues);
  const columns = series.dims.reduce((product, length) => product * length, 1);
  return element('div', {class: 'scroll'}, element('table', {},
    element('thead', {}, element('tr', {}, Array.from({length: columns}, (_, i) => element('th', {scope: 'col', class: 'number'}, series.channels?.[i] ?? `column ${i + 1}`)))),
    element('tbody', {}, Array.from({length: values.length / columns}, (_, row) => element('tr', {},
      Array.from({length: columns}, (_, i) => element('td', {class: 'number'}, numberText(values[row * columns + i], 5))))))));
}

function numbersView(series, packedValues) {
  const values = unpacked(packedValues);
  const elements = series.dims.reduce((product, length) => product * length, 1), most = 64;
  return element('ol', {class: 'texts'}, Array.from({length: values.length / elements}, (_, n) => element('li', {}, element('code', {},
    [...values.slice(n * elements, n * elements + Math.min(elements, most))].map((value) => numberText(value, 4)).join('  '),
    elements > most ? '  …' : ''))));
}
