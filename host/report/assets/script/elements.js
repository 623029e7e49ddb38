// Making and finding elements. Texts become text nodes, never markup.

// element('td', {class: 'number', onclick: f}, 'text', child, [more])
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) {
      made.addEventListener(key.slice(2), value);
    } else if (key === 'style') {
      Object.entries(value).forEach(([property, to]) => made.style.setProperty(property, to));
    } else if (value === true) {
      made.setAttribute(key, '');
    } else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(key, value);
    }
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ''));
  return made;
}

function replace(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ''));
}

const byId = (id) => document.getElementById(id);

// A long name may be broken after its parts.
const breakable = (name) => name.split(/(?<=[/_.])/).flatMap((part, at) => (at === 0 ? [part] : [element('wbr'), part]));

// For those who hear the page.
function say(text) {
  byId('said').textContent = text;
}

// A <select> of [value, text] pairs, with its label.
function choice(label, options, chosen, onchange) {
  const select = element('select', {onchange: () => onchange(select.value)},
    options.map(([value, text]) => element('option', {value, selected: value === chosen}, text)));
  return element('label', {class: 'control'}, element('span', {}, label), select);
}

function checkbox(label, checked, onchange) {
  const box = element('input', {type: 'checkbox', checked, onchange: () => onchange(box.checked)});
  return element('label', {class: 'control check'}, box, element('span', {}, label));
}
