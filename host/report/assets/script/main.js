// The page as a whole.

const sections = [
  {id: 'differs', title: 'What differs', make: differsSection},
  {id: 'results', title: 'Results', make: resultsSection},
  {id: 'groups', title: 'Over seeds', make: statisticsSection},
  {id: 'curves', title: 'Curves', make: curvesSection},
  {id: 'samples', title: 'Samples', make: samplesSection},
  {id: 'arrays', title: 'Distributions', make: arraysSection},
  {id: 'timing', title: 'Timing', make: timingSection},
  {id: 'provenance', title: 'Provenance', make: provenanceSection},
  {id: 'experiment', title: 'Experiment', make: textDifferenceSection},
];

function headline() {
  const names = [...new Set(runs().map((run) => run.name))];
  const title = names.length === 0 ? 'Atelier' : names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
  document.title = `${title} – Atelier report`;
  const running = runs().filter((run) => run.state === 'running').length;
  replace(byId('head'), element('h1', {}, title), element('p', {class: 'faint'},
    counted(runs().length, 'run'), running > 0 ? `, ${running} running` : '', isLive ? ', live' : `, as they were at ${state.report.made.replace('T', ' ').replace('Z', ' UTC')}`),
  (state.report.left_out ?? []).map((line) => element('p', {class: 'problem'}, `Left out: ${line}`)));
}

function build() {
  const made = sections.map((section) => ({...section, content: section.make()})).filter(({content}) => content.length > 0);
  byId('content').append(...made.map(({id, title, content}) => element('section', {id, 'aria-labelledby': `${id}-title`}, element('h2', {id: `${id}-title`}, title), content)));
  replace(byId('aside'), element('div', {class: 'brand'}, 'Atelier'), themeButton(), sectionLinks(made),
    isLive ? liveList() : [element('h2', {}, 'Runs'), runsList()]);
  replace(byId('foot'), element('details', {}, element('summary', {}, 'Libraries in this page'), element('pre', {}, byId('licences').textContent.trim())));
  ['runs', 'rows'].forEach((topic) => listen(topic, headline));
}

if (!isLive) {
  state.report = inside;
}
build();
if (!isLive) {
  changed('runs');
}
