// Where each run comes from: what all have in common once, what they differ in by run.

// [what, text] of one run; an empty text is nothing.
function provenanceOf(run) {
  const from = run.provenance;
  return [['path', run.path], ['created', run.created], ['seed', run.seed], ['tags', run.tags.join(', ')],
    ...run.notes.map((note) => ['note', `${note.utc} ${note.text}`]),
    ['dataset', from.dataset], ['data sha256', from.dataset_sha256],
    ...from.plugins.map((plugin) => [`plugin ${plugin.name}`, `${plugin.version}, sha256 ${plugin.sha256}`]),
    ['host', from.host], ['threads', String(from.threads)],
    ...from.fingerprint.split('\n').filter(Boolean).map((line) => {
      const at = line.indexOf('=');
      return at < 0 ? ['fingerprint', line] : [`fingerprint ${line.slice(0, at)}`, line.slice(at + 1)];
    }),
    ['began with run', from.start_run], ['began with file sha256', from.start_file_sha256],
    ...from.uses.map((use) => ['uses', use]), ...from.changes.map((change) => ['changed', change]),
    ...from.slimmed.map((what) => ['dropped', what]), ['overrides', run.overrides.trim()], ['revision', from.revision]]
    .filter(([, text]) => text !== '');
}

function provenanceSection() {
  const host = element('div');
  function build() {
    const shown = shownRuns();
    const all = shown.map((index) => {
      const facts = new Map();
      provenanceOf(runs()[index]).forEach(([what, text]) => facts.set(what, facts.has(what) ? `${facts.get(what)}\n${text}` : text));
      return facts;
    });
    const keys = [...new Set(all.flatMap((facts) => [...facts.keys()]))];
    const same = keys.filter((key) => all.every((facts) => facts.get(key) === all[0].get(key)));
    const differing = keys.filter((key) => !same.includes(key));
    const text = (value) => element('span', {class: 'wrap', title: value}, (value ?? '–').replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1…'));
    replace(host,
      differing.length > 0 ? element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Provenance that differs'}, element('table', {},
        element('caption', {class: 'unseen'}, 'Provenance that differs, by run'),
        element('thead', {}, element('tr', {}, element('th', {scope: 'col'}, 'differs'), shown.map((index) => element('th', {scope: 'col'}, runName(index))))),
        element('tbody', {}, differing.map((key) => element('tr', {}, element('th', {scope: 'row'}, key), all.map((facts) => element('td', {}, text(facts.get(key))))))))) : null,
      shown.length > 0 ? element('details', {open: shown.length === 1}, element('summary', {}, shown.length === 1 ? 'This run' : `The same in all: ${same.length} things`),
        element('table', {class: 'facts'}, element('tbody', {}, same.map((key) => element('tr', {}, element('th', {scope: 'row'}, key), element('td', {}, text(all[0].get(key)))))))) : null);
  }
  ['runs', 'rows', 'hidden', 'theme'].forEach((topic) => listen(topic, build));
  return [host];
}
