// What the chart has at the second under the pointer, in words: the line of the table beside it, for those who point.

import {count} from '../core/format.js';
import {SECONDS} from '../core/rates.js';
import {byId, h, mark} from './dom.js';

export class ChartTip {
  /** @param {{chart: Chart}} parts */
  constructor({chart}) {
    this.chart = chart;
    this.area = byId('brush');
    this.element = byId('chart-tip');
    this.area.addEventListener('pointermove', ({clientX, buttons, pointerType}) => {
      if (buttons || pointerType === 'touch') this.#hide();
      else this.#show(clientX);
    });
    for (const name of ['pointerdown', 'pointerleave']) this.area.addEventListener(name, () => this.#hide());
    document.addEventListener('keydown', ({key}) => key === 'Escape' && this.#hide());
  }

  #show(x) {
    const {left, width} = this.area.getBoundingClientRect(), part = Math.min(1, Math.max(0, (x - left) / width));
    const {time, counts} = this.chart.at(Math.min(SECONDS - 1, Math.floor(part * SECONDS)));
    this.element.replaceChildren(h('b', {}, time), ...counts.map(({name, hue, n}) =>
      h('span', {class: 'tip__row', 'data-hue': hue}, hue !== null && h('i', {class: 'swatch'}), h('span', {class: 'cut'}, name), h('b', {}, count(n)))));
    this.element.style.insetInlineStart = `${part * 100}%`;
    mark(this.element, 'data-before', part > 0.5);
    mark(this.element, 'hidden', false);
  }

  #hide() {
    mark(this.element, 'hidden', true);
  }
}
