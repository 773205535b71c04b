// The types beside the list: how often each comes; a click shows it alone, or leaves it out. What is shown is said by the
// filter's text, which this edits; it keeps nothing of its own.

import {pace, visible} from '../core/format.js';
import {short} from '../core/query.js';
import {arrange, byId, draw, h, icon, mark, say, tell} from './dom.js';

const ROWS = 16;
const WIDTH = 44, HEIGHT = 16;
const STEP = 5;    // seconds to a point of a sparkline

export class Rail {
  #rows = new Map();
  #isWhole = false;    // whether all types are shown, or the most frequent ones

  /** @param {{rates: Rates, bar: FilterBar, changed: () => void}} parts */
  constructor({rates, bar, changed}) {
    Object.assign(this, {rates, bar});
    this.rest = byId('types-rest');
    this.rest.addEventListener('click', () => {
      this.#isWhole = !this.#isWhole;
      changed();
    });
    this.element = byId('rail');
    this.list = byId('types');
  }

  /** Whether rows may change places: not under a hand. */
  get free() {
    return !this.element.matches(':hover, :has(:focus-visible)');
  }

  focus() {
    this.list.querySelector('button')?.focus();
  }

  /** @param {Series[]} types @param {boolean|null} slow whether they are told by the minute; null where nothing is known */
  draw(types, slow) {
    say(byId('types-unit'), slow ? '/min' : '/s');
    const shown = this.#isWhole ? types : types.slice(0, ROWS);
    this.#rows = new Map(shown.map(({type}) => [type, this.#rows.get(type) ?? this.#make(type)]));
    shown.forEach((series) => this.#fill(this.#rows.get(series.type), series, slow));
    arrange(this.list, [...this.#rows.values()].map(({element}) => element));
    tell(this.rest, types.length > ROWS ? `Show ${this.#isWhole ? ROWS : types.length} types` : '');
  }

  #make(type) {
    const area = draw('polygon', {}), line = draw('polyline', {});
    const name = h('span', {class: 'trow__name cut'}), rate = h('span', {class: 'trow__num'});
    const only = h('button', {class: 'trow', type: 'button', title: `${visible(type)}: click to see it alone, with Shift to leave it out`},
      h('i', {class: 'swatch'}), name, draw('svg', {class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true'}, area, line), rate);
    const out = h('button', {class: 'btn btn--icon btn--tiny trow__out', type: 'button', 'aria-label': `Leave out ${visible(type)}`, title: `Leave out ${visible(type)}`}, icon('i-minus'));
    only.addEventListener('click', ({altKey, shiftKey}) => this.#click(type, altKey || shiftKey));
    out.addEventListener('click', () => this.#click(type, true));
    return {element: h('li', {class: 'type'}, only, out), only, out, name, rate, area, line};
  }

  #fill({element, only, out, name, rate, area, line}, {type, rate: now, minute, seconds}, slow) {
    const {query} = this.bar, alone = !this.#isShared(type);
    mark(element, 'data-hue', this.rates.hue(type));
    mark(element, 'data-off', !query.admits(type));
    mark(only, 'aria-pressed', String(query.isOnly(type)));
    mark(out, 'aria-pressed', String(query.isWithout(type)));
    const text = visible(short(type)), app = alone ? '' : visible(type.slice(0, -short(type).length));
    if (name.textContent !== app + text) name.replaceChildren(h('span', {class: 'ns'}, app), text);
    say(rate, slow === null ? '–' : pace({rate: now, minute, slow}).split('/')[0]);
    const points = spark(seconds);
    mark(line, 'points', points);
    mark(area, 'points', `0,${HEIGHT} ${points} ${WIDTH},${HEIGHT}`);
  }

  #click(type, without) {
    const {query} = this.bar, name = this.#isShared(type) ? type : short(type);
    this.bar.set(without || (query.isWithout(type) && !query.isOnly(type)) ? query.toggle(type, name) : query.only(type, name));
  }

  /** Whether another type has the same name in another app. */
  #isShared(type) {
    return this.rates.order.some((other) => other !== type && short(other) === short(type));
  }
}

/** The counts as points of a line, scaled to the highest. */
function spark(seconds) {
  const sums = Array.from({length: seconds.length / STEP}, (_, i) => seconds.slice(i * STEP, (i + 1) * STEP).reduce((sum, n) => sum + n, 0));
  const most = Math.max(1, ...sums);
  return sums.map((sum, i) => `${(i / (sums.length - 1) * WIDTH).toFixed(1)},${(HEIGHT - 1.5 - sum / most * (HEIGHT - 3)).toFixed(1)}`).join(' ');
}
