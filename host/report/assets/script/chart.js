// One metric of all shown runs as a chart: uPlot draws axes, lines and bands; what is zoomed into is binned anew.

const axisNames = {steps: 'step', epochs: 'epoch', seconds: 'seconds of training'};

function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// The lines of a chart: of each its name, number of its colour, and points; of groups where they are asked for.
function linesOf(metric, window) {
  const shown = metric.entries.filter((entry) => isShown(entry.run));
  const curves = shown.map((entry) => ({run: entry.run, ...smoothed({x: entry.axes[state.axis], ...entry.values}, window)}))
    .filter((curve) => curve.x.length > 0);
  if (!state.grouping || !hasGroups()) {
    return curves.map((curve) => ({name: plainName(curve.run), mark: hasGroups() ? groupOf(curve.run) : curve.run, curves: [curve]}));
  }
  const groups = new Map();
  for (const curve of curves) {
    const group = groupOf(curve.run);
    groups.set(group, [...(groups.get(group) ?? []), curve]);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([group, members]) => ({
    name: `${state.report.comparison.group_names[group]}${members.length > 1 ? `, mean of ${members.length}` : ''}`,
    mark: group, curves: members,
  }));
}

function extentOf(metric) {
  let from = Infinity, to = -Infinity;
  for (const entry of metric.entries.filter((one) => isShown(one.run))) {
    for (const x of entry.axes[state.axis]) {
      if (x < from) {
        from = x;
      }
      if (x > to) {
        to = x;
      }
    }
  }
  return from > to ? null : from === to ? [from - 0.5, to + 0.5] : [from, to];
}

class Chart {
  constructor(metric) {
    this.metric = metric;
    this.readout = element('output', {class: 'readout'});
    this.plotBox = element('div', {class: 'plot', tabindex: '0', role: 'group', 'aria-roledescription': 'chart',
      'aria-label': `${metric.name} over training; arrow keys read values, plus and minus zoom, 0 shows all`,
      onkeydown: (event) => this.key(event)});
    this.empty = element('p', {class: 'faint empty', hidden: true});
    const wide = element('button', {type: 'button', class: 'quiet', 'aria-pressed': 'false', title: 'wide or narrow',
      'aria-label': `${metric.name}: wide`, onclick: () => this.widen(wide)}, '⤢');
    this.figure = element('figure', {class: 'chart', 'data-metric': metric.name},
      element('figcaption', {}, element('span', {class: 'metric', title: metric.help}, breakable(metric.name)),
        element('span', {class: 'faint'}, metric.units ? ` ${metric.units}` : '', directionText(metric.better)), wide),
      this.plotBox, this.empty, this.readout);
    this.at = {line: 0, x: null};
    this.near = false;  // to the screen
    this.stale = true;
  }

  widen(button) {
    const wide = this.figure.classList.toggle('wide');
    button.setAttribute('aria-pressed', String(wide));
    this.update();
  }

  // Everything anew: who is shown, how, and where; once it is near the screen.
  update() {
    this.stale = !this.near;
    if (this.near && this.plotBox.clientWidth > 0) {
      this.extent = extentOf(this.metric);
      this.lines = this.extent ? linesOf(this.metric, state.smoothing * (this.extent[1] - this.extent[0])) : [];
      this.plot?.destroy();
      this.plot = null;
      this.empty.hidden = this.lines.length > 0;
      this.empty.textContent = this.extent === null && this.metric.entries.some((one) => isShown(one.run))
        ? 'no values over this axis' : 'none of the runs that are shown has values';
      if (this.lines.length > 0) {
        this.draw();
      }
      this.read(null);
    }
  }

  // Another part of the same lines.
  zoom() {
    this.stale ||= !this.near;
    if (!this.stale && this.plot) {
      const [from, to] = this.range();
      this.plot.setData(this.data(from, to), false);
      this.plot.setScale('x', {min: from, max: to});
      this.read(null);
    }
  }

  isInUse() {
    return this.figure.matches(':hover, :focus-within');
  }

  approach(near) {
    this.near = near;
    if (near && this.stale) {
      this.update();
    }
  }

  range() {
    return state.zoom ?? this.extent;
  }

  // [x, and of each line mean, high, low]: a point for each pixel, fewer of many lines, so that zooming stays fluid.
  data(from, to) {
    const mostPoints = 12000;
    const bins = Math.max(60, Math.round(Math.min(this.plotBox.clientWidth, mostPoints / this.lines.length)));
    const all = new Set();
    for (const line of this.lines) {
      for (const curve of line.curves) {
        for (let i = Math.max(0, lastUntil(curve.x, from)); i < curve.x.length && all.size <= bins; ++i) {
          all.add(curve.x[i]);
        }
      }
    }
    const exact = all.size <= bins;
    const xs = exact ? [...all].sort((a, b) => a - b) : binMiddles(from, to, bins);
    const columns = this.lines.map((line) => {
      const {mean, high, low} = line.curves.length > 1 ? groupCurve(line.curves, xs, state.band, exact)
        : exact ? exactly(line.curves[0], xs) : binned(line.curves[0], from, to, bins);
      return [mean, high, low].map((values) => this.drawable(values));
    });
    return [xs, ...columns.flat()];
  }

  drawable(values) {
    const logarithmic = state.logarithmic;
    return values.map((value) => (value !== null && Number.isFinite(value) && (!logarithmic || value > 0) ? value : null));
  }

  hasBand(line) {
    return line.curves.length > 1 ? state.band !== 'none' : line.curves[0].low.some((low, i) => low !== line.curves[0].high[i]);
  }

  draw() {
    const [from, to] = this.range();
    const data = this.data(from, to);
    const text = cssColour('--text-faint'), grid = cssColour('--grid');
    const series = [{}], bands = [];
    const few = data[0].length <= 30;
    this.lines.forEach((line) => {
      const {colour, dash} = strokeOf(line.mark);
      const number = series.length;
      series.push({stroke: colour, width: 1.6, dash, spanGaps: true, points: {show: few, size: 5, fill: colour}});
      for (let i = 0; i < 2; ++i) {
        series.push({stroke: 'transparent', width: 0, spanGaps: true, points: {show: false}, show: this.hasBand(line)});
      }
      if (this.hasBand(line)) {
        bands.push({series: [number + 1, number + 2], fill: `${colour}2e`});
      }
    });
    const axis = {stroke: text, grid: {stroke: grid, width: 1}, ticks: {stroke: grid, width: 1}, font: '12px system-ui, sans-serif'};
    this.plot = new uPlot({
      ...this.size(), series, bands, legend: {show: false},
      scales: {x: {time: false, range: (_, low, high) => (low === high ? [low - 0.5, high + 0.5] : [low, high])},
        y: {distr: state.logarithmic ? 3 : 1}},
      axes: [{...axis, values: (_, ticks) => ticks.map((tick) => axisText(tick)), size: 34, space: 64},
        {...axis, values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : numberText(tick, 4))), size: (_, values) => sizeOfAxis(values)}],
      cursor: {drag: {x: true, y: false, setScale: false}, points: {show: false}, y: false},
      hooks: {setSelect: [(plot) => this.selected(plot)], setCursor: [(plot) => this.pointed(plot)]},
    }, data, this.plotBox);
    this.plot.over.addEventListener('dblclick', () => zoomTo(null));
    this.plot.setScale('x', {min: from, max: to});
  }

  size() {
    return {width: Math.max(200, this.plotBox.clientWidth), height: this.figure.classList.contains('wide') ? 420 : 220};
  }

  selected(plot) {
    if (plot.select.width > 4) {
      zoomTo([plot.posToVal(plot.select.left, 'x'), plot.posToVal(plot.select.left + plot.select.width, 'x')]);
    }
    plot.setSelect({left: 0, width: 0, top: 0, height: 0}, false);
  }

  pointed(plot) {
    const {left, top} = plot.cursor;
    if (left === undefined || left < 0) {
      return this.read(null);
    }
    const x = plot.posToVal(left, 'x');
    let best = null;
    this.lines.forEach((line, number) => {
      const value = this.valueOf(line, x);
      const apart = value === null ? Infinity : Math.abs(plot.valToPos(value, 'y') - top);
      if (best === null || apart < best.apart) {
        best = {number, apart};
      }
    });
    this.at = {line: best.number, x};
    this.read(this.at);
    return undefined;
  }

  valueOf(line, x) {
    return groupCurve(line.curves, [x], 'range').mean[0];
  }

  // What stands below the chart: the place, and the value there.
  read(at, aloud = false) {
    if (at === null || this.lines.length === 0) {
      this.readout.replaceChildren();
      return;
    }
    const line = this.lines[at.line];
    const value = this.valueOf(line, at.x);
    replace(this.readout, keyMark(line.mark), ` ${line.name}: `, element('strong', {}, numberText(value)),
      element('span', {class: 'faint'}, ` at ${axisNames[state.axis]} ${axisText(at.x)}`));
    if (aloud) {
      say(`${line.name}: ${numberText(value, 4)} at ${axisNames[state.axis]} ${axisText(at.x)}`);
    }
  }

  key(event) {
    const [from, to] = this.range() ?? [0, 1];
    const width = to - from;
    const middle = this.at.x !== null && this.at.x >= from && this.at.x <= to ? this.at.x : (from + to) / 2;
    const moves = {ArrowLeft: -0.02, ArrowRight: 0.02, PageUp: -0.2, PageDown: 0.2, Home: -1, End: 1};
    if (event.ctrlKey || event.metaKey || event.altKey || this.lines.length === 0) {
      return;
    }
    if (event.key === '+' || event.key === '=') {
      zoomTo([middle - width / 4, middle + width / 4]);
    } else if (event.key === '-') {
      const wider = [Math.max(this.extent[0], middle - width), Math.min(this.extent[1], middle + width)];
      zoomTo(wider[0] === this.extent[0] && wider[1] === this.extent[1] ? null : wider);
    } else if (event.key === '0' || event.key === 'Escape') {
      zoomTo(null);
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      this.at = {line: (this.at.line + (event.key === 'ArrowUp' ? -1 : 1) + this.lines.length) % this.lines.length, x: middle};
      this.read(this.at, true);
    } else if (moves[event.key] !== undefined) {
      this.at = {line: Math.min(this.at.line, this.lines.length - 1), x: Math.max(from, Math.min(to, middle + moves[event.key] * width))};
      this.read(this.at, true);
    } else {
      return;
    }
    event.preventDefault();
  }
}

// The curve at these x, which have all of its own.
function exactly(curve, xs) {
  const mean = new Array(xs.length).fill(null), low = mean.slice(), high = mean.slice();
  let i = 0;
  xs.forEach((x, at) => {
    for (; i < curve.x.length && curve.x[i] <= x; ++i) {
      if (curve.x[i] === x) {
        [mean[at], low[at], high[at]] = [curve.mean[i], curve.low[i], curve.high[i]];
      }
    }
  });
  return {mean, low, high};
}

function axisText(value) {
  if (state.axis === 'seconds') {
    return durationText(value);
  }
  return state.axis === 'steps' ? grouped(value) : numberText(value, 4);
}

const sizeOfAxis = (values) => 18 + 7 * Math.max(2, ...(values ?? []).map((value) => value.length));
const directionText = (better) => ({larger: ' ↑ larger is better', smaller: ' ↓ smaller is better'})[better] ?? '';

// On all charts, as they have one axis.
function zoomTo(range) {
  state.zoom = range;
  changed('zoom');
}
