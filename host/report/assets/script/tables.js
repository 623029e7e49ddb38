// What differs between the runs, and what came of them: tables with a row for each run, which can be sorted.

// A TOML literal as people read it: a text without its quotes.
function unquoted(literal) {
  if (/^"(?:[^"\\]|\\.)*"$/.test(literal)) {
    try {
      return JSON.parse(literal);
    } catch {
      return literal.slice(1, -1);
    }
  }
  return /^'[^']*'$/.test(literal) ? literal.slice(1, -1) : literal;
}

// Columns: {title, value(run) to sort by, cell(run) to show, number}. Rows are runs.
function sortableTable(caption, columns, rows) {
  let sorted = null, descending = false;
  const body = element('tbody');
  const headings = columns.map((column) => {
    const heading = element('th', {scope: 'col', class: column.number ? 'number' : '', 'aria-sort': 'none'},
      element('button', {type: 'button', class: 'sort', title: column.help, onclick: () => sortBy(column, heading)}, column.title));
    return heading;
  });
  function sortBy(column, heading) {
    descending = sorted === column && !descending;
    sorted = column;
    headings.forEach((one) => one.setAttribute('aria-sort', 'none'));
    heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    fill();
  }
  function order(a, b) {
    const [x, y] = [sorted.value(a), sorted.value(b)];
    const missing = (value) => value === null || value === undefined || value === '' || Number.isNaN(value);
    if (missing(x) || missing(y)) {
      return missing(x) - missing(y);
    }
    const both = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'en', {numeric: true});
    return descending ? -both : both;
  }
  function fill() {
    const inOrder = sorted ? [...rows].sort(order) : rows;
    replace(body, inOrder.map((row) => element('tr', {}, columns.map((column, i) => element(i === 0 ? 'th' : 'td',
      {scope: i === 0 ? 'row' : null, class: [column.number ? 'number' : '', column.mark?.(row) ? 'best' : ''].join(' ').trim() || null},
      column.cell(row))))));
  }
  fill();
  return element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption},
    element('table', {class: 'sortable'}, element('caption', {class: 'unseen'}, caption), element('thead', {}, element('tr', {}, headings)), body));
}

const runColumn = () => ({title: 'run', value: (run) => labelOf(run), cell: (run) => runName(run)});

const stateText = (run) => (run.state === 'running' && run.progress !== null ? `running, ${Math.floor(100 * run.progress)}%` : run.state);
const stateMark = (run) => element('span', {class: `state ${run.state}`, title: run.problem}, stateText(run));

function differsSection() {
  const host = element('div');
  function build() {
    // What all runs have comes first, what some models alone have last.
    const lacking = (difference) => difference.values.filter((value) => value === '').length;
    const differences = [...state.report.comparison.differences].sort((a, b) => lacking(a) - lacking(b));
    const columns = [runColumn(), {title: 'state', value: (run) => runs()[run].state, cell: (run) => stateMark(runs()[run])},
      ...differences.map(({key, values}) => ({
        title: key,
        number: values.every((value) => value === '' || Number.isFinite(Number(value))),
        value: (run) => (values[run] !== '' && Number.isFinite(Number(values[run])) ? Number(values[run]) : unquoted(values[run])),
        cell: (run) => (values[run] === '' ? element('span', {class: 'faint'}, '–') : element('span', {class: 'short', title: unquoted(values[run])}, unquoted(values[run]))),
      }))];
    const failed = runs().map((_, index) => index).filter((index) => runs()[index].problem);
    replace(host, differences.length === 0 ? element('p', {class: 'faint'}, runs().length > 1 ? 'All settings are the same.' : 'One run alone: it is compared with none.') : null,
      sortableTable('Settings that differ, by run', columns, shownRuns()),
      failed.filter(isShown).map((index) => element('p', {class: 'problem'}, runName(index), ` ${runs()[index].state}: ${runs()[index].problem}`)),
      state.report.broken.map((broken) => element('p', {class: 'problem'}, `broken: ${broken.problem}`)));
  }
  ['runs', 'rows', 'hidden', 'theme'].forEach((topic) => listen(topic, build));
  return [host];
}

function resultsSection() {
  const host = element('div');
  function build() {
    const {metric} = state.report.comparison;
    const all = state.report.comparison.results.filter((result) => result.values.some((value) => value !== null));
    const first = (result) => metric !== '' && result.name.startsWith(`${metric} `);  // what the runs choose their best weights by
    const results = [...all.filter(first), ...all.filter((result) => !first(result))];
    const reasons = new Set(results.filter((result) => ['larger', 'smaller'].includes(result.better) && result.unlike.length > 0)
      .map((result) => result.unlike.join('; ')));
    const columns = [runColumn(), ...results.map((result) => ({
      title: result.name === 'seconds' ? 'time' : result.name + ({larger: ' ↑', smaller: ' ↓'}[result.better] ?? ''),
      help: {larger: 'larger is better', smaller: 'smaller is better'}[result.better],
      number: true,
      value: (run) => result.values[run],
      mark: (run) => result.best.includes(run),
      cell: (run) => {
        const value = result.values[run];
        const text = value === null ? '–' : result.name === 'seconds' ? durationText(value)
          : ['steps', 'samples/s'].includes(result.name) ? grouped(value) : numberText(value);
        return result.best.includes(run) ? [element('span', {class: 'star', role: 'img', 'aria-label': 'best'}, '★'), ` ${text}`] : text;
      },
    }))];
    replace(host, sortableTable('Results by run', columns, shownRuns()),
      results.some((result) => result.best.length > 0) ? element('p', {class: 'faint note'}, '★ is the best of the finished runs. Headings sort.') : null,
      [...reasons].map((reason) => element('p', {class: 'faint note'}, `None is marked as the best where the runs differ in what is measured: ${reason}.`)));
  }
  ['runs', 'rows', 'hidden', 'theme'].forEach((topic) => listen(topic, build));
  return [host];
}
