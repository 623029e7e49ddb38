// What metrics and [log] keep as arrays: confusion matrices, shares of classes, histograms of weights and gradients.

function arraysSection() {
  const host = element('div');
  let update = () => {};
  function build() {
    const all = seriesOf('arrays').filter((entries) => entries.some((entry) => entry.series.rows.length > 0));
    if (all.length === 0) {
      replace(host, element('p', {class: 'faint'}, 'None of the runs has arrays: metrics as confusion-matrix and class-histogram make them, and [log] keeps weights, gradients and activations.'));
      update = () => {};
      return;
    }
    const rank = {matrix: 0, vector: 1, histogram: 2};
    all.sort((a, b) => rank[a[0].series.view] - rank[b[0].series.view]);
    const names = all.map((entries, at) => [String(at), `${entries[0].series.name} (${counted(entries.length, 'run')})`]);
    let chosen = 0;
    const wall = element('div', {class: 'wall'});
    const slider = stepSlider('Training step of the arrays', (step) => drawArrays(wall, all[chosen].filter((entry) => isShown(entry.run) && entry.series.rows.length > 0), step));
    update = () => slider.show([...new Set(all[chosen].filter((entry) => isShown(entry.run)).flatMap((entry) => entry.series.rows.map((row) => row.step)))].sort((a, b) => a - b));
    replace(host, element('div', {class: 'controls'}, choice('Array', names, '0', (at) => {
      chosen = Number(at);
      update();
    })), slider.row, wall);
    update();
  }
  listen('runs', build);
  listen('rows', build);
  ['hidden', 'step', 'theme'].forEach((topic) => listen(topic, () => update()));
  return [host];
}

function drawArrays(wall, entries, step) {
  replace(wall, entries.map((entry) => {
    const {series} = entry;
    const row = series.rows[nearest(series.rows.map((one) => one.step), step)];
    const views = {matrix: matrixView, vector: vectorView, histogram: histogramView};
    return element('figure', {class: 'panel', 'data-run': labelOf(entry.run)},
      element('figcaption', {}, element('span', {class: 'name'}, runTitle(entry.run)), ' ', stepNote(row.step, step),
        series.made_by ? element('span', {class: 'faint'}, `, by ${series.made_by}`) : null),
      views[series.view](series, row));
  }));
}

const classesOf = (series, count) => Array.from({length: count}, (_, i) => series.classes?.[i] ?? String(i));

// A number on a ground whose strength is its part of its row's sum.
function matrixView(series, row) {
  const values = unpacked(row.values);
  const [height, width] = series.shape;
  const rows = classesOf(series, height), columns = classesOf(series, width);
  const confusion = series.made_by?.startsWith('confusion-matrix');
  return element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': series.name}, element('table', {class: 'matrix'},
    element('caption', {class: 'faint'}, confusion ? 'rows: the true class; columns: the class it was taken for' : 'rows and columns as the metric gives them'),
    element('thead', {}, element('tr', {}, element('td'), columns.map((name) => element('th', {scope: 'col'}, element('span', {}, name))))),
    element('tbody', {}, rows.map((name, y) => {
      const line = [...values.slice(y * width, (y + 1) * width)];
      const sum = line.reduce((total, value) => total + (Number.isFinite(value) ? Math.abs(value) : 0), 0) || 1;
      return element('tr', {}, element('th', {scope: 'row'}, name), line.map((value, x) => {
        const part = Number.isFinite(value) ? Math.abs(value) / sum : 0;
        const cell = element('td', {class: 'number', title: `${name}, ${columns[x]}: ${numberText(value)} (${(100 * part).toFixed(1)}% of the row)`},
          value === 0 ? element('span', {class: 'faint'}, '0') : numberText(value, 4));
        cell.style.setProperty('--part', `${Math.round(100 * Math.sqrt(part))}%`);
        cell.classList.toggle('strong', part > 0.5);
        return cell;
      }));
    }))));
}

function vectorView(series, row) {
  const values = [...unpacked(row.values)];
  const largest = Math.max(...values.filter(Number.isFinite).map(Math.abs), 0) || 1;
  return element('table', {class: 'bars'}, element('tbody', {}, classesOf(series, values.length).map((name, i) => {
    const bar = element('div', {class: 'bar'});
    bar.style.width = `${Number.isFinite(values[i]) ? Math.abs(values[i]) / largest * 100 : 0}%`;
    return element('tr', {}, element('th', {scope: 'row'}, name), element('td', {class: 'track'}, bar), element('td', {class: 'number'}, numberText(values[i], 4)));
  })));
}

function histogramView(series, row) {
  if (!row.counts) {
    return element('p', {class: 'bad'}, `None of its ${grouped(row.other)} values is finite.`);
  }
  const counts = [...unpacked(row.counts)];
  const most = Math.max(...counts);
  const box = element('div', {class: 'histogram', role: 'img',
    'aria-label': `${grouped(row.finite)} values from ${numberText(row.smallest, 3)} to ${numberText(row.largest, 3)}, mean ${numberText(row.mean, 3)}`},
  counts.map((count, i) => {
    const bar = element('div', {title: `${numberText(series.low + i * (series.high - series.low) / counts.length, 3)} and above: ${grouped(count)}`});
    bar.style.height = `${count > 0 ? Math.max(1, count / most * 100) : 0}%`;
    return bar;
  }));
  return [box, element('div', {class: 'ends faint'}, element('span', {}, numberText(series.low, 3)), element('span', {}, numberText(series.high, 3))),
    element('p', {class: 'faint'}, `mean ${numberText(row.mean, 3)}, deviation ${numberText(row.deviation, 3)}, ${grouped(row.finite)} values`,
      row.other > 0 ? element('span', {class: 'bad'}, `, ${grouped(row.other)} not finite`) : null)];
}
