// How long the runs took, and on what.
function timingSection() {
  const host = element('div');
  function build() {
    const of = (read) => ({value: (run) => read(runs()[run]), number: true});
    replace(host, sortableTable('Timing by run', [runColumn(),
      {title: 'time', ...of((run) => run.seconds), cell: (run) => durationText(runs()[run].seconds)},
      {title: 'steps', ...of((run) => run.steps), cell: (run) => grouped(runs()[run].steps)},
      {title: 'samples/s', ...of((run) => run.samples_per_second), cell: (run) => (runs()[run].samples_per_second > 0 ? grouped(runs()[run].samples_per_second) : '–')},
      {title: 'ms a step', ...of((run) => (run.steps > 0 ? 1000 * run.seconds / run.steps : null)),
        cell: (run) => (runs()[run].steps > 0 ? numberText(1000 * runs()[run].seconds / runs()[run].steps, 3) : '–'), help: 'all of its time, evaluations too, over its steps'},
      {title: 'threads', ...of((run) => run.provenance.threads), cell: (run) => String(runs()[run].provenance.threads)},
      {title: 'host', value: (run) => runs()[run].provenance.host, cell: (run) => runs()[run].provenance.host},
      {title: 'log', ...of((run) => run.bytes), cell: (run) => bytesText(runs()[run].bytes)}], shownRuns()));
  }
  ['runs', 'rows', 'hidden', 'theme'].forEach((topic) => listen(topic, build));
  return [host];
}
