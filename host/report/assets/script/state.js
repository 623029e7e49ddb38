// What is looked at, and how; and who wants to know when that changes.

const state = {
  report: {runs: [], broken: [], comparison: {labels: [], groups: [], group_names: [], differences: [], results: []}},
  hidden: new Set(),     // labels of runs that are not shown
  axis: 'steps',         // of curves: steps, epochs, seconds
  logarithmic: false,
  smoothing: 0,          // the window's part of the axis
  grouping: true,        // curves of groups, where there are groups of several runs
  band: 'range',         // of a group's runs: range, deviation, none
  zoom: null,            // [from, to] on the axis
  step: Infinity,        // of samples and arrays
};

const listeners = new Map();

// listen('curves', f): f() is called on changed('curves').
function listen(topic, listener) {
  listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
}
function changed(...topics) {
  for (const topic of topics) {
    (listeners.get(topic) ?? []).forEach((listener) => listener());
  }
}

const runs = () => state.report.runs;
const labelOf = (index) => state.report.comparison.labels[index] ?? runs()[index].run_id;
const groupOf = (index) => state.report.comparison.groups[index];
const isShown = (index) => !state.hidden.has(labelOf(index));
// The runs of a group stand together.
const shownRuns = () => runs().map((_, index) => index).filter(isShown).sort((a, b) => groupOf(a) - groupOf(b));

// Whether some runs differ in their seeds alone.
const hasGroups = () => state.report.comparison.group_names.length < runs().length;

const themes = {
  light: ['#0072b2', '#d55e00', '#00875f', '#b5528f', '#8a6d00', '#4b3fa7', '#3b9bd1', '#5f5f5f'],
  dark: ['#5fb2ee', '#ff8f45', '#35cc9f', '#e99cc8', '#e3bd44', '#aba3ff', '#a5dcff', '#c0c0c0'],
};
const dashes = [[], [9, 4], [2, 3], [12, 3, 2, 3]];

const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : prefersDark.matches;
}

// Colour-blind people tell the first eight apart; all after them have dashes too.
function strokeOf(number) {
  const palette = themes[isDark() ? 'dark' : 'light'];
  return {colour: palette[number % palette.length], dash: dashes[Math.floor(number / palette.length) % dashes.length]};
}
// A group's runs have its colour.
const runStroke = (index) => strokeOf(hasGroups() ? groupOf(index) : index);

function keyMark(number) {
  const {colour, dash} = strokeOf(number);
  const mark = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  mark.setAttribute('class', 'key');
  mark.setAttribute('viewBox', '0 0 22 10');
  mark.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  Object.entries({x1: 0, y1: 5, x2: 22, y2: 5, 'stroke-width': 3, stroke: colour, 'stroke-dasharray': dash.join(' ')})
    .forEach(([name, value]) => line.setAttribute(name, value));
  mark.append(line);
  return mark;
}
const runMark = (index) => keyMark(hasGroups() ? groupOf(index) : index);

// A run in tables: its colour, its id, its experiment.
function runName(index) {
  return [runMark(index), ' ', element('code', {}, labelOf(index)), ' ', element('span', {class: 'experiment'}, runs()[index].name)];
}

// What tells a run from the others: its experiment and settings as its group has them, and its seed.
function whatItIs(index) {
  const group = groupOf(index), seed = runs()[index].seed;
  const alone = state.report.comparison.groups.filter((other) => other === group).length === 1;
  return `${state.report.comparison.group_names[group]}${alone ? '' : `, seed ${seed}`}`;
}
// The same where no table's columns say it.
const runTitle = (index) => [runMark(index), ' ', element('code', {}, labelOf(index)), ' ', element('span', {class: 'experiment'}, whatItIs(index))];
const plainName = (index) => `${labelOf(index)} ${whatItIs(index)}`;
