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

// What is drawn only once it is near the screen: `draw` is called once for each element.
const whenSeen = (() => {
  const waiting = new Map();
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((one) => one.isIntersecting)) {
      observer.unobserve(entry.target);
      const draw = waiting.get(entry.target);
      waiting.delete(entry.target);
      draw?.();
    }
  }, {rootMargin: '400px'});
  window.addEventListener('beforeprint', () => {  // everything is on paper
    for (const [target, draw] of [...waiting]) {
      observer.unobserve(target);
      waiting.delete(target);
      draw();
    }
  });
  return (target, draw) => {
    waiting.set(target, draw);
    observer.observe(target);
  };
})();
