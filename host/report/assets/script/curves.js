// The section of curves: one chart for each metric that some run has.

const decoded = new WeakMap();

// A cadence's packed numbers, unpacked once.
function decodedCadence(cadence) {
  if (!decoded.has(cadence)) {
    const axes = Object.fromEntries(['steps', 'epochs', 'seconds'].map((axis) => [axis, unpacked(cadence[axis])]));
    const values = cadence.metrics.map((metric) => {
      const mean = unpacked(metric.mean);
      return {mean, low: metric.smallest ? unpacked(metric.smallest) : mean, high: metric.largest ? unpacked(metric.largest) : mean};
    });
    decoded.set(cadence, {axes, values});
  }
  return decoded.get(cadence);
}

// Every metric with the runs that have it: what is evaluated first, and of that what chooses the best weights.
function metricsOf() {
  const found = new Map();
  runs().forEach((run, index) => {
    for (const cadence of run.cadences) {
      cadence.metrics.forEach((metric, number) => {
        if (!found.has(metric.name)) {
          found.set(metric.name, {...metric, cadence: cadence.name, entries: []});
        }
        const {axes, values} = decodedCadence(cadence);
        if (axes.steps.length > 0) {
          found.get(metric.name).entries.push({run: index, axes, values: values[number], rowsPerPoint: cadence.rows_per_point,
            infinite: metric.infinite});
        }
      });
    }
  });
  const order = {eval: 1, test: 2, train: 3};
  const rank = (metric) => (metric.name === state.report.comparison.metric ? 0 : order[metric.cadence] ?? 4);
  return [...found.values()].filter((metric) => metric.entries.length > 0).sort((a, b) => rank(a) - rank(b));
}

function curvesSection() {
  const filter = element('input', {type: 'search', placeholder: 'loss, train/…', oninput: () => show()});
  const grid = element('div', {class: 'charts'});
  const note = element('p', {class: 'faint note'});
  const controls = element('div', {class: 'controls', role: 'group', 'aria-label': 'How curves are drawn'});
  let charts = [];
  const observer = new IntersectionObserver((entries) => entries.forEach((entry) => {
    charts.find((chart) => chart.figure === entry.target)?.approach(entry.isIntersecting);
  }), {rootMargin: '400px'});

  const update = () => charts.forEach((chart) => chart.update());
  function show() {
    const words = filter.value.toLowerCase().split(/[\s,]+/).filter(Boolean);
    for (const chart of charts) {
      chart.figure.hidden = words.length > 0 && !words.some((word) => chart.metric.name.toLowerCase().includes(word));
    }
    update();
  }
  function build() {
    observer.disconnect();
    charts.forEach((chart) => chart.plot?.destroy());
    charts = metricsOf().map((metric) => new Chart(metric));
    replace(grid, charts.map((chart) => chart.figure));
    charts.forEach((chart) => observer.observe(chart.figure));
    note.textContent = curvesNote();
    show();
  }
  // With later rows of the same runs: charts stay where and how they are.
  function refresh() {
    const metrics = metricsOf();
    if (metrics.length !== charts.length || metrics.some((metric, i) => metric.name !== charts[i].metric.name)) {
      return build();
    }
    charts.forEach((chart, i) => {
      chart.metric = metrics[i];
    });
    note.textContent = curvesNote();
    return update();
  }
  function buildControls() {
    const smoothingText = element('output', {}, '');
    const smoothing = element('input', {type: 'range', min: 0, max: 30, step: 1, value: Math.round(100 * state.smoothing),
      'aria-label': 'Smoothing, percent of the axis', oninput: () => {
        state.smoothing = smoothing.value / 100;
        smoothingText.textContent = smoothing.value === '0' ? 'none' : `${smoothing.value}% of the axis`;
        update();
      }});
    smoothingText.textContent = state.smoothing === 0 ? 'none' : `${smoothing.value}% of the axis`;
    replace(controls,
      choice('Axis', [['steps', 'steps'], ['epochs', 'epochs'], ['seconds', 'seconds']], state.axis, (axis) => {
        state.axis = axis;
        state.zoom = null;
        update();
      }),
      element('label', {class: 'control'}, element('span', {}, 'Smoothing'), smoothing, smoothingText),
      checkbox('Logarithmic', state.logarithmic, (on) => {
        state.logarithmic = on;
        update();
      }),
      hasGroups() ? [checkbox('Seeds as groups', state.grouping, (on) => {
        state.grouping = on;
        update();
      }), choice('Band', [['range', 'smallest to largest'], ['deviation', '± one deviation'], ['none', 'none']], state.band, (band) => {
        state.band = band;
        update();
      })] : null,
      element('label', {class: 'control'}, element('span', {}, 'Metrics'), filter),
      element('button', {type: 'button', onclick: () => zoomTo(null)}, 'Whole axis'));
  }

  listen('runs', () => {
    buildControls();
    build();
  });
  listen('rows', refresh);
  listen('hidden', update);
  listen('theme', update);
  let toZoom = [];
  const zoomSome = () => {  // in a frame only what has time in it
    for (const end = performance.now() + 12; toZoom.length > 0 && performance.now() < end;) {
      toZoom.shift().zoom();
    }
    if (toZoom.length > 0) {
      requestAnimationFrame(zoomSome);
    }
  };
  listen('zoom', () => {
    if (toZoom.length === 0) {
      requestAnimationFrame(zoomSome);
    }
    toZoom = [...charts].sort((one, other) => other.isInUse() - one.isInUse());
  });
  let width = 0;
  new ResizeObserver(() => {
    if (grid.clientWidth !== width) {
      width = grid.clientWidth;
      requestAnimationFrame(update);
    }
  }).observe(grid);
  window.addEventListener('beforeprint', () => charts.forEach((chart) => chart.approach(true)));
  return [controls, grid, note];
}

// What a curve's points stand for, where not for a row each, and what cannot be drawn.
function curvesNote() {
  const cadences = runs().flatMap((run) => run.cadences);
  const most = Math.max(1, ...cadences.map((cadence) => cadence.rows_per_point));
  const infinite = cadences.flatMap((cadence) => cadence.metrics).reduce((sum, metric) => sum + metric.infinite, 0);
  return [
    'Drag over a chart to zoom into all of them; a double click, or 0, shows the whole axis.',
    most > 1 ? `A point stands for up to ${counted(most, 'row')} of the log: the line is their mean, the band goes from their smallest to their largest value, exactly.` : '',
    infinite > 0 ? `${counted(infinite, 'value')} that ${infinite === 1 ? 'is' : 'are'} infinite cannot be drawn.` : '',
  ].filter(Boolean).join(' ');
}
