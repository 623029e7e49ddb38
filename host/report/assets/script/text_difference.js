// The experiment's text of one run, or of two, line by line.

// Rows of {old, now, sign, parts}: the lines of both texts, those that differ marked, and in a pair of lines the words.
function differenceRows(first, second, context) {
  const patch = Diff.structuredPatch('', '', first, second, '', '', {context});
  const rows = [];
  patch.hunks.forEach((hunk, at) => {
    if (at > 0) {
      rows.push({sign: '…', parts: [{text: '⋯'}]});
    }
    let old = hunk.oldStart, now = hunk.newStart, removed = [];
    for (const line of hunk.lines.filter((one) => !one.startsWith('\\'))) {
      const sign = line[0], text = line.slice(1);
      const row = {sign, parts: [{text}], old: sign === '+' ? null : old++, now: sign === '-' ? null : now++};
      rows.push(row);
      if (sign === '-') {
        removed.push(row);
      } else if (sign === '+' && removed.length > 0) {
        markWords(removed.shift(), row);
      } else {
        removed = [];
      }
    }
  });
  return rows;
}

function markWords(removed, added) {
  const changes = Diff.diffWordsWithSpace(removed.parts[0].text, added.parts[0].text);
  removed.parts = changes.filter((change) => !change.added).map((change) => ({text: change.value, changed: change.removed}));
  added.parts = changes.filter((change) => !change.removed).map((change) => ({text: change.value, changed: change.added}));
}

function textDifferenceSection() {
  const host = element('div');
  const wanted = [0, 1];
  let what = 'source', whole = false;
  function build() {
    const shown = shownRuns();
    if (shown.length === 0) {
      return replace(host);
    }
    const pair = [0, 1].map((at) => (shown.includes(wanted[at]) ? wanted[at]  // who is hidden is replaced until it is back
      : shown.find((index) => index !== wanted[1 - at]) ?? shown[0]));
    const options = shown.map((index) => [String(index), plainName(index)]);
    const set = (change) => (value) => {
      change(value);
      build();
    };
    const texts = pair.map((index) => (what === 'source' && runs()[index].overrides ? `${runs()[index].source}\n# overrides\n${runs()[index].overrides}` : runs()[index][what]));
    const controls = element('div', {class: 'controls'},
      choice('From', options, String(pair[0]), set((value) => { wanted[0] = Number(value); })),
      choice('to', options, String(pair[1]), set((value) => { wanted[1] = Number(value); })),
      choice('Text', [['source', 'as it was written'], ['resolved', 'all values']], what, set((value) => { what = value; })),
      checkbox('Unchanged lines too', whole, set((on) => { whole = on; })));
    const same = texts[0] === texts[1];
    const rows = same ? texts[0].replace(/\n$/, '').split('\n').map((text, i) => ({sign: ' ', parts: [{text}], old: i + 1, now: i + 1}))
      : differenceRows(texts[0], texts[1], whole ? Infinity : 3);
    return replace(host, controls, pair[0] !== pair[1] && same ? element('p', {class: 'faint'}, 'Both are the same text.') : null,
      element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'The experiment'}, element('table', {class: 'difference-of-texts'},
        element('tbody', {}, rows.map((row) => element('tr', {class: {'+': 'added', '-': 'removed', '…': 'skipped'}[row.sign] ?? ''},
          element('td', {class: 'line'}, row.old ? String(row.old) : ''), same ? null : element('td', {class: 'line'}, row.now ? String(row.now) : ''),
          element('td', {class: 'sign'}, same ? '' : {'-': '−', '…': ''}[row.sign] ?? row.sign),
          element('td', {class: 'code'}, row.parts.map((part) => (part.changed ? element('mark', {}, part.text) : part.text)))))))));
  }
  ['runs', 'hidden', 'theme'].forEach((topic) => listen(topic, build));
  return [host];
}
