// Groups of runs over their seeds: what each comes to, and whether two differ, by the program's own statistics.

function statisticsSection() {
  const host = element('div');
  function build() {
    const groupings = state.report.comparison.groupings ?? [];
    replace(host, groupings.length === 0
      ? element('p', {class: 'faint'}, 'Runs that differ in their seeds alone are a group. Here each run is alone: with several seeds of each there are means, intervals and tests.')
      : groupings.map((grouping) => [grouping.name ? element('h3', {}, grouping.name) : null, groupingView(grouping)]),
    groupings.some((grouping) => grouping.name) ? element('p', {class: 'faint note'}, 'Each experiment by itself, as their metrics are not measured with the same.') : null);
  }
  ['runs', 'rows', 'theme'].forEach((topic) => listen(topic, build));
  return [host];
}

// Groups whose numbers can be compared with each other.
function groupingView(grouping) {
  const host = element('div');
  let metricName = null, reading = 'last';

  function build() {
    if (grouping.problem) {
      return replace(host, element('p', {class: 'problem'}, grouping.problem));
    }
    const {metrics} = grouping;
    if (metrics.length === 0) {
      return replace(host, element('p', {class: 'faint'}, 'No evaluation of these groups has values.'));
    }
    const tested = grouping.differences[0]?.metric;
    const metric = metrics.find((one) => one.name === metricName) ?? metrics.find((one) => one.name === (tested ?? state.report.comparison.metric)) ?? metrics[0];
    const set = (change) => (value) => {
      change(value);
      build();
    };
    return replace(host,
      element('div', {class: 'controls'},
        choice('Metric', metrics.map((one) => [one.name, one.name]), metric.name, set((value) => { metricName = value; })),
        choice('Of each run', [['last', 'its last value'], ['best', 'its best value'], ['area', 'its mean over the steps']], reading, set((value) => { reading = value; }))),
      metric.unlike.length > 0 ? element('p', {class: 'problem'}, `The runs did not measure ${metric.name} with the same, so it is compared with none: `,
        metric.unlike.map((one) => `${one.what}: ${one.values.join(', ')}`).join('; ')) : null,
      spreadTable(grouping, metric),
      differencesTable(grouping, metric),
      grouping.notes.map((note) => element('p', {class: 'faint note'}, note)),
      grouping.left_out.map((one) => element('p', {class: 'faint note'}, `${one.run ?? one.path} is in no group: ${one.reason}`)));
  }

  // The number of the colour of a group: that of its first run.
  const markOf = (group) => {
    const index = state.report.comparison.labels.indexOf(group.runs[0]?.run);
    return index < 0 ? null : runMark(index);
  };

  function spreadTable(grouping, metric) {
    const spreads = metric.groups.map((group) => group[reading]);
    const range = rangeOf(spreads.flatMap((spread) => [...spread.values, spread.interval.low, spread.interval.high]));
    const percent = `${numberText(100 * grouping.level, 3)}%`;
    return element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${metric.name} of each group`}, element('table', {},
      element('caption', {class: 'unseen'}, `${metric.name} of each group, over its seeds`),
      element('thead', {}, element('tr', {}, [grouping.by.join(', '), 'seeds', 'mean', 'deviation', `${percent} interval of the mean`].map((title, i) => element('th', {scope: 'col', class: i > 0 ? 'number' : ''}, title)),
        element('th', {scope: 'col'}, range ? element('span', {class: 'ends'}, element('span', {}, numberText(range[0], 4)), element('span', {}, numberText(range[1], 4))) : ''))),
      element('tbody', {}, grouping.groups.map((group, i) => {
        const spread = spreads[i];
        return element('tr', {}, element('th', {scope: 'row'}, markOf(group), ` ${group.label}`),
          element('td', {class: 'number'}, String(spread.count)),
          element('td', {class: 'number'}, element('strong', {}, numberText(spread.mean))),
          element('td', {class: 'number'}, spread.deviation === null ? '–' : numberText(spread.deviation, 3)),
          element('td', {class: 'number'}, spread.interval.low === null ? element('span', {class: 'faint'}, spread.problem ?? spread.interval.lack ?? '–')
            : `${numberText(spread.interval.low)} to ${numberText(spread.interval.high)}`),
          element('td', {}, range && markOf(group) ? spreadDrawing(spread, range, state.report.comparison.labels.indexOf(group.runs[0].run)) : ''));
      }))), element('p', {class: 'faint note'},
      [{larger: 'Larger is better.', smaller: 'Smaller is better.', neither: 'Neither larger nor smaller values are better.'}[metric.better], metric.units ? `In ${metric.units}.` : ''].filter(Boolean).join(' ')));
  }

  function differencesTable(grouping, metric) {
    const differences = grouping.differences.filter((one) => one.metric === metric.name);
    if (differences.length === 0) {
      return null;
    }
    const tested = {last: 'last values', best: 'best values', area: 'means over the steps'}[grouping.of];
    return [element('h3', {}, `Differences in the ${tested}`), element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Differences between groups'}, element('table', {class: 'differences'},
      element('caption', {class: 'unseen'}, `Differences in ${metric.name} between groups`),
      element('thead', {}, element('tr', {}, ['first', 'minus', 'difference', 'interval', 'p', 'p, Holm', 'smallest p', 'effect', 'seeds'].map((title, i) => element('th', {scope: 'col', class: i > 1 ? 'number' : '', title: helpOf[title]}, title)))),
      element('tbody', {}, differences.map((one) => [element('tr', {}, element('th', {scope: 'row'}, one.group), element('td', {}, one.against),
        element('td', {class: `number${one.settled ? ' best' : ''}`}, numberText(one.mean, 4)),
        element('td', {class: 'number'}, one.interval.low === null ? element('span', {class: 'faint'}, one.interval.lack ?? '–') : `${numberText(one.interval.low, 4)} to ${numberText(one.interval.high, 4)}`),
        element('td', {class: 'number'}, numberText(one.p, 3)), element('td', {class: 'number'}, numberText(one.p_holm, 3)),
        element('td', {class: 'number'}, numberText(one.smallest_p_holm, 3)),
        element('td', {class: 'number'}, one.effect === null ? '–' : `${one.effect_is === 'g' ? 'g' : 'dz'} ${numberText(one.effect, 3)}`),
        element('td', {class: 'number'}, one.paired ? `${one.seeds} pairs` : `${one.seeds} and ${one.seeds_against}`)),
      element('tr', {class: 'verdict'}, element('td', {colspan: '9'}, element('span', {class: one.settled ? 'good' : 'faint'}, one.verdict)))]))))];
  }

  build();
  return host;
}

const helpOf = {
  interval: 'of the difference, by a bootstrap over seeds',
  p: 'by a permutation test',
  'p, Holm': 'after Holm\'s correction over all that is tested here',
  'smallest p': 'that so many seeds can reach at all, after the correction',
  effect: 'the difference over its spread: d_z of pairs, else Hedges\' g',
};

function rangeOf(values) {
  const finite = values.filter((value) => Number.isFinite(value));
  if (finite.length === 0) {
    return null;
  }
  const low = Math.min(...finite), high = Math.max(...finite);
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

// A dot for each seed, a line for the interval, a stroke for the mean.
function spreadDrawing(spread, [low, high], run) {
  const width = 220, height = 18;
  const x = (value) => 6 + (value - low) / (high - low) * (width - 12);
  const drawing = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const add = (name, attributes) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    drawing.append(made);
  };
  Object.entries({class: 'spread', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `seeds: ${spread.values.map((value) => numberText(value, 4)).join(', ')}`})
    .forEach(([key, value]) => drawing.setAttribute(key, value));
  const {colour} = runStroke(run);
  if (spread.interval.low !== null) {
    add('line', {x1: x(spread.interval.low), x2: x(spread.interval.high), y1: height / 2, y2: height / 2, stroke: colour, 'stroke-width': 7, 'stroke-opacity': 0.28, 'stroke-linecap': 'round'});
  }
  spread.values.filter((value) => Number.isFinite(value)).forEach((value) => add('circle', {cx: x(value), cy: height / 2, r: 3, fill: colour, 'fill-opacity': 0.75}));
  if (spread.mean !== null) {
    add('line', {x1: x(spread.mean), x2: x(spread.mean), y1: 1, y2: height - 1, stroke: cssColour('--text'), 'stroke-width': 2});
  }
  return drawing;
}
