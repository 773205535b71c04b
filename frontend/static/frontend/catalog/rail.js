// The signals beside their descriptions: how often each is sent. A click goes to it.

import {hue, split, visible} from '../core/format.js';
import {byId, draw, h, mark, say} from '../ui/dom.js';
import {points, short} from './words.js';

const WIDTH = 44, HEIGHT = 16;
const TOGETHER = 3;    // ten-second counts to a point

export class Rail {
  #rows = new Map();

  /** @param {{show: (key: string) => void}} parts */
  constructor({show}) {
    this.show = show;
    this.list = byId('types');
  }

  /** @param {{key: string, facts: any}[]} signals */
  draw(signals) {
    const isBusy = signals.some(({facts}) => facts.rate_per_minute >= 60);
    say(byId('rail-unit'), isBusy ? '/s' : '/min');
    this.#rows = new Map(signals.map(({key, facts}) => [key, this.#rows.get(key) ?? this.#make(key, facts.type)]));
    signals.forEach(({key, facts}, i) => {
      const row = this.#rows.get(key), there = this.list.children[i];
      if (there !== row.element) this.list.insertBefore(row.element, there ?? null);
      const rate = facts.rate_per_minute / (isBusy ? 60 : 1);
      say(row.rate, rate > 0 && rate < 1 ? rate.toFixed(1) : short(Math.round(rate)));
      const line = points(sums(facts.recent), WIDTH, HEIGHT);
      mark(row.line, 'points', line);
      mark(row.area, 'points', `0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}`);
    });
    while (this.list.children.length > signals.length) this.list.lastChild.remove();
  }

  mark(key, isShown) {
    mark(this.#rows.get(key)?.element, 'hidden', !isShown);
  }

  #make(key, type) {
    const area = draw('polygon', {}), line = draw('polyline', {});
    const rate = h('span', {class: 'trow__num'});
    const go = h('button', {class: 'trow', type: 'button', title: visible(type)},
      h('i', {class: 'swatch'}), h('span', {class: 'trow__name cut'}, visible(split(type)[1])),
      draw('svg', {class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true'}, area, line), rate);
    go.addEventListener('click', () => this.show(key));
    return {element: h('li', {class: 'type', 'data-hue': hue(type)}, go), rate, area, line};
  }
}

function sums(counts) {
  return Array.from({length: Math.ceil(counts.length / TOGETHER)}, (_, i) =>
    counts.slice(i * TOGETHER, (i + 1) * TOGETHER).reduce((sum, n) => sum + n, 0));
}
