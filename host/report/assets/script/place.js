// One place of the grids, over the training steps of every run.

class PlaceDialog {
  constructor(wall) {
    this.wall = wall;
    this.place = 0;
    this.title = element('h3');
    this.table = element('table', {class: 'place'});
    this.box = element('dialog', {class: 'place', 'aria-label': 'One place over all steps', onkeydown: (event) => this.key(event)},
      element('div', {class: 'row'}, this.title,
        element('button', {type: 'button', onclick: () => this.open(this.place - 1)}, '← previous'),
        element('button', {type: 'button', onclick: () => this.open(this.place + 1)}, 'next →'),
        element('button', {type: 'button', onclick: () => this.box.close()}, 'Close')),
      element('div', {class: 'scroll'}, this.table));
  }

  key(event) {
    const open = this.box.open;
    if (!open && (event.key === 'Enter' || event.key === ' ')) {
      this.open(this.place);
    } else if (open && event.key === 'ArrowLeft') {
      this.open(this.place - 1);
    } else if (open && event.key === 'ArrowRight') {
      this.open(this.place + 1);
    } else {
      return;
    }
    event.preventDefault();
  }

  open(place) {
    const count = this.wall.count();
    this.place = ((place % count) + count) % count;
    this.title.textContent = `Place ${this.place + 1} of ${count}`;
    this.draw();
    if (!this.box.open) {
      this.box.showModal();
    }
  }

  // Some of the steps, the first and the last among them.
  steps() {
    const all = stepsOf(this.wall.shown()), most = 10;
    return all.length <= most ? all
      : Array.from({length: most}, (_, i) => all[Math.round(i * (all.length - 1) / (most - 1))]);
  }

  draw() {
    const steps = this.steps();
    const cells = [];
    replace(this.table, element('thead', {}, element('tr', {}, element('th', {scope: 'col'}, 'run'),
      steps.map((step) => element('th', {scope: 'col', class: 'number'}, grouped(step))))),
    element('tbody', {}, this.wall.shown().map((entry) => element('tr', {}, element('th', {scope: 'row'}, runTitle(entry.run)),
      steps.map((step) => {
        const {series} = entry;
        const shown = series.steps[nearest(series.steps, step)];
        const canvas = element('canvas', {class: 'tiles', width: series.sheet.width, height: series.sheet.height,
          role: 'img', 'aria-label': `step ${shown}`});
        canvas.style.width = `${series.sheet.width * Math.max(1, Math.floor(84 / series.sheet.width))}px`;
        cells.push([entry, step, canvas]);
        return element('td', {}, canvas, shown === step ? null : element('div', {class: 'other'}, grouped(shown)));
      })))));
    for (const [entry, step, canvas] of cells) {
      imageAt(this.wall.address(entry, step)).then((image) => {
        drawTile(canvas.getContext('2d'), image, entry.series.sheet, this.place, this.wall.frame, 0, 0);
      }, () => {});
    }
  }
}
