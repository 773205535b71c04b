// The rate: a number, a drawing of the last two minutes by type, and the same numbers as a table.

import {count, pace as often, rate as perSecond, timeOfDay, visible} from '../core/format.js';
import {short} from '../core/query.js';
import {SECONDS} from '../core/rates.js';
import {byId, draw, h, mark, say} from './dom.js';

const LAYERS = 4;               // types that are drawn apart; the others are one grey
const REST = 6;
const LONGEST = 40;             // characters of a name in the table
const BASE = 41, HEIGHT = 39;   // of 48: the axis, and how high the highest second is; what failed hangs below it
const BELOW = 5.5;              // how deep the second is in which most failed

export class Chart {
  #drawn = {layers: [], all: [], failed: [], now: 0};    // what the table says too

  /** @param {{rates: Rates}} parts */
  constructor({rates}) {
    this.rates = rates;
    this.axis = draw('path', {class: 'chart__axis', d: `M0 ${BASE}.5H${SECONDS}`});
    this.cut = draw('path', {class: 'chart__cut'});
    this.bad = draw('path', {class: 'chart__bad'});
    this.paths = Array.from({length: LAYERS + 1}, () => draw('path', {class: 'chart__bar'}));
    byId('chart').append(this.axis, ...this.paths, this.bad, this.cut);
    byId('rate-table-open').addEventListener('click', () => this.#openTable());
  }

  /** @param {Series[]} types @param {number} now @param {number|null} lostAt since when nothing is known */
  draw(types, now, lostAt) {
    const all = this.rates.all(now), most = Math.max(...all);
    const pace = this.rates.pace(now), [value, unit] = often(pace).split('/');
    say(byId('gauge-value'), lostAt === null ? value : '–');
    say(byId('gauge-unit'), lostAt === null ? `${value === '1' ? 'event' : 'events'}/${unit}` : 'not connected');
    say(byId('chart-max'), perSecond(most));
    const base = new Array(SECONDS).fill(0);
    const layers = this.#split(types, all);
    const failed = this.rates.failed(now);
    this.#drawn = {layers, all, failed, now};
    layers.forEach(({hue, seconds}, layer) => {
      mark(this.paths[layer], 'data-hue', hue);
      mark(this.paths[layer], 'd', bars(seconds, base, HEIGHT / Math.max(1, most)));
    });
    this.#fail(now, pace.slow);
    const x = lostAt === null ? null : SECONDS - (Math.floor(now / 1000) - Math.floor(lostAt / 1000)) + 0.5;
    mark(this.cut, 'd', x === null || x < 0 ? null : `M${x} 0V48`);
  }

  /** What there was in a second, as it is drawn. @param {number} second the oldest is 0 */
  at(second) {
    const counts = this.#columns.map(({name, hue, seconds}) => ({name, hue, n: seconds[second] ?? 0}));
    return {time: timeOfDay(timeOf(second, this.#drawn.now)), counts: counts.filter(({n}, i) => n || !i)};
  }

  /** What failed, below the axis; in words how much does at the moment, else how much did. */
  #fail(now, slow) {
    const {failed} = this.#drawn, most = Math.max(...failed), rate = slow ? 0 : this.rates.failing(now);
    mark(this.bad, 'd', failed.map((n, i) => (n ? `M${i} ${BASE + 1}h.86v${(n / most * BELOW).toFixed(1)}h-.86z` : '')).join('') || null);
    mark(byId('chart-failed'), 'hidden', !most);
    say(byId('chart-failed-n'), rate ? perSecond(rate).slice(0, -2) : count(this.rates.failures(now)));
    say(byId('chart-failed-says'), rate ? 'failed/s' : 'failed');
  }

  /** The first types, and the rest together: as many layers as there are paths. */
  #split(types, all) {
    const rest = [...all];
    const layers = Array.from({length: LAYERS}, (_, i) => {
      const {type = '', seconds = new Array(SECONDS).fill(0)} = types[i] ?? {};
      seconds.forEach((n, second) => { rest[second] -= n; });
      return {name: visible(short(type)).slice(0, LONGEST), hue: this.rates.hue(type), seconds};
    });
    return [...layers, {name: 'others', hue: REST, seconds: rest}];
  }

  get #columns() {
    const {layers, all, failed} = this.#drawn;
    return [{name: 'all', hue: null, seconds: all}, {name: 'failed', hue: null, seconds: failed}, ...layers];
  }

  #openTable() {
    const {all, now} = this.#drawn, table = byId('rate-table');
    const columns = this.#columns.filter(({seconds}, i) => !i || seconds.some(Boolean));
    const rows = all.map((_, i) => h('tr', {}, h('th', {scope: 'row'}, timeOfDay(timeOf(i, now))),
      ...columns.map(({seconds}) => h('td', {}, count(seconds[i])))));
    table.querySelector('thead').replaceChildren(h('tr', {}, ...['Second', ...columns.map(({name}) => name)].map((name) => h('th', {scope: 'col'}, name))));
    table.querySelector('tbody').replaceChildren(...rows.reverse());
    table.showModal();
  }
}

const timeOf = (second, now) => (Math.floor(now / 1000) - SECONDS + second) * 1000;

/** One bar a second, standing on what is there already, to which it adds itself. */
function bars(seconds, base, scale) {
  let d = '';
  for (let i = 0; i < SECONDS; i += 1) {
    if (!seconds[i]) continue;
    d += `M${i} ${(BASE - base[i] * scale).toFixed(1)}h.86v${(-seconds[i] * scale).toFixed(1)}h-.86z`;
    base[i] += seconds[i];
  }
  return d;
}
