// With a server behind the page: which runs there are, those that are looked at, and what they have written since.

const live = {all: [], chosen: [], tags: new Map()};

// #runs=KEY,KEY: what is looked at can be linked to, and reloaded.
const keysInAddress = () => new URLSearchParams(location.hash.slice(1)).get('runs')?.split(',').filter(Boolean) ?? null;

function liveList() {
  const host = element('div', {class: 'live'});
  const problem = element('p', {class: 'bad', role: 'alert', hidden: true});
  const list = element('ul', {class: 'runs'});
  const filter = element('input', {type: 'search', placeholder: 'name, id, state', 'aria-label': 'Filter the runs', oninput: () => show()});
  replace(host, element('h2', {}, 'Runs'), filter, problem, list);

  function show() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const focused = [...list.querySelectorAll('input')].find((input) => input === document.activeElement)?.value;
    replace(list, live.all.filter((run) => words.every((word) => `${run.name} ${run.run_id} ${run.state} ${run.path}`.toLowerCase().includes(word))).map((run) => {
      if (run.state === 'broken') {
        return element('li', {title: run.problem}, element('span', {class: 'state broken'}, 'broken'), ` ${run.path}`);
      }
      const input = element('input', {type: 'checkbox', value: run.key, checked: live.chosen.includes(run.key), onchange: () => choose(run.key, input.checked)});
      return element('li', {}, element('label', {title: run.path}, input, element('code', {}, run.run_id), ` ${run.name}`,
        element('span', {class: 'faint'}, ` seed ${run.seed}`), ' ', stateMark(run)));
    }));
    list.querySelector(`input[value="${CSS.escape(focused ?? '')}"]`)?.focus();
  }

  function choose(key, on) {
    live.chosen = on ? [...live.chosen, key] : live.chosen.filter((one) => one !== key);
    history.replaceState(null, '', `#runs=${live.chosen.join(',')}`);
    load();
  }

  // All of what is chosen, from the start.
  async function load() {
    const wanted = live.chosen.slice();
    const [documents, comparison] = await Promise.all([Promise.all(wanted.map(fetchRun)),
      wanted.length > 0 ? ask('comparison', {runs: wanted.join(',')}) : {labels: [], groups: [], group_names: [], differences: [], results: []}]);
    if (wanted.join() === live.chosen.join()) {
      state.report = {...state.report, runs: documents, comparison};
      changed('runs');
    }
  }

  async function fetchRun(key) {
    const answer = await fetch(`run?${new URLSearchParams({run: key})}`, {cache: 'no-cache'});
    if (!answer.ok) {
      throw new Error(await answer.text());
    }
    live.tags.set(key, answer.headers.get('ETag'));
    return {key, ...await answer.json()};
  }

  // What has changed since, as the list says it by each log's stamp.
  async function refresh() {
    const stale = live.chosen.filter((key) => {
      const known = live.all.find((run) => run.key === key);
      return known && known.tag !== live.tags.get(key);
    });
    if (stale.length === 0) {
      return;
    }
    const documents = await Promise.all(stale.map(fetchRun));
    const comparison = await ask('comparison', {runs: live.chosen.join(',')});
    state.report = {...state.report, comparison, runs: runs().map((run) => documents.find((one) => one.key === run.key) ?? run)};
    changed('rows');
  }

  async function turn() {
    try {
      live.all = await ask('runs');
      const known = new Set(live.all.map((run) => run.key));
      live.chosen = live.chosen.filter((key) => known.has(key));
      show();
      if (runs().length !== live.chosen.length || runs().some((run, at) => run.key !== live.chosen[at])) {
        await load();
      } else if (document.visibilityState === 'visible') {
        await refresh();
      }
      problem.hidden = true;
    } catch (error) {
      problem.textContent = error instanceof TypeError ? 'The server does not answer; has it ended?' : error.message;
      problem.hidden = false;
    }
    setTimeout(turn, 2000);
  }

  async function begin() {
    try {
      live.all = await ask('runs');
      const usable = live.all.filter((run) => run.state !== 'broken');
      const few = 6;
      live.chosen = (keysInAddress() ?? usable.slice(-few).map((run) => run.key)).filter((key) => usable.some((run) => run.key === key));
    } catch { /* turn() says it */ }
    turn();
  }
  begin();
  return host;
}
