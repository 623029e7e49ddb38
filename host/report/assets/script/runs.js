// Beside the page: its sections, and the runs, which can be hidden.

function sectionLinks(sections) {
  return element('ol', {class: 'sections'}, sections.map(({id, title}) => element('li', {}, element('a', {href: `#${id}`}, title))));
}

// A box for each run, under its group where there are groups.
function runsList() {
  const host = element('div');
  const box = (index) => {
    const input = element('input', {type: 'checkbox', checked: isShown(index), onchange: () => {
      state.hidden[input.checked ? 'delete' : 'add'](labelOf(index));
      changed('hidden');
    }});
    const run = runs()[index];
    return element('li', {}, element('label', {title: run.path}, input, hasGroups() ? element('code', {}, labelOf(index)) : runName(index),
      element('span', {class: 'faint'}, ` seed ${run.seed}`), run.state === 'finished' ? null : [' ', stateMark(run)]));
  };
  function build() {
    const {group_names: groups} = state.report.comparison;
    const all = runs().map((_, index) => index);
    replace(host, hasGroups() ? groups.map((name, group) => {
      const members = all.filter((index) => groupOf(index) === group);
      const whole = element('input', {type: 'checkbox', checked: members.some(isShown), onchange: () => {
        members.forEach((index) => state.hidden[whole.checked ? 'delete' : 'add'](labelOf(index)));
        changed('hidden');
      }});
      whole.indeterminate = members.some(isShown) && !members.every(isShown);
      return element('details', {class: 'group', open: groups.length === 1}, element('summary', {}, element('label', {}, whole, keyMark(group), ' ', name),
        element('span', {class: 'faint'}, ` ${members.length}`)), element('ul', {}, members.map(box)));
    }) : element('ul', {class: 'runs'}, all.map(box)));
  }
  // Which groups are open stays so.
  function rebuild() {
    const open = [...host.querySelectorAll('details')].map((one) => one.open);
    const focused = [...host.querySelectorAll('input')].indexOf(document.activeElement);
    build();
    host.querySelectorAll('details').forEach((one, at) => {
      one.open = open[at] ?? one.open;
    });
    host.querySelectorAll('input')[focused]?.focus();
  }
  listen('runs', build);
  ['rows', 'hidden', 'theme'].forEach((topic) => listen(topic, rebuild));
  return host;
}

function themeButton() {
  const names = {'': 'as the system', light: 'light', dark: 'dark'};
  const order = ['', 'light', 'dark'];
  const button = element('button', {type: 'button', class: 'quiet theme', onclick: () => use(order[(order.indexOf(chosen()) + 1) % order.length])});
  const chosen = () => document.documentElement.dataset.theme ?? '';
  function use(theme) {
    if (theme) {
      document.documentElement.dataset.theme = theme;
    } else {
      delete document.documentElement.dataset.theme;
    }
    try {
      localStorage.setItem('atelier-theme', theme);
    } catch { /* a file may have no storage */ }
    button.textContent = `Colours: ${names[theme]}`;
    changed('theme');
  }
  let kept = '';
  try {
    kept = localStorage.getItem('atelier-theme') ?? '';
  } catch { /* a file may have no storage */ }
  use(order.includes(kept) ? kept : '');
  prefersDark.addEventListener('change', () => changed('theme'));
  return button;
}
