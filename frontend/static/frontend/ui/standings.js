// The receivers beside the list, those that fail first and then the slowest: a click shows what one received. With all
// their numbers in a table; and two choices, failed only and slower than so much. What is shown is said by the filter's
// text, which this edits; it keeps nothing of its own.

import {count, duration, milliseconds, plural, visible} from '../core/format.js';
import {lastOf} from '../core/reactions.js';
import {byId, h, icon, mark, say} from './dom.js';

const ROWS = 8;
const SLOW_MS = 50;         // where the reader has not said
const LONGEST_MS = 5000;    // the end of the axis in the table, which is a logarithm from 1 ms

export class Standings {
  #rows = new Map();

  /** @param {{receivers: Receivers, bar: FilterBar}} parts */
  constructor({receivers, bar}) {
    Object.assign(this, {receivers, bar});
    this.list = byId('receivers');
    this.table = byId('receivers-table');
    this.slower = byId('slower-ms');
    byId('failed-only').addEventListener('change', () => this.toggleFailed());
    byId('slower').addEventListener('change', () => this.#slowerThan(byId('slower').checked));
    this.slower.addEventListener('change', () => this.#slowerThan(true));
    for (const id of ['receivers-open', 'receivers-all']) byId(id).addEventListener('click', (event) => this.#open(event));
    if (location.hash === '#receivers') this.table.showModal();    // other pages lead here
  }

  /** Shows what failed only, or everything again. */
  toggleFailed() {
    const {query} = this.bar;
    this.bar.set(query.value('error') === 'yes' ? query.without('error') : query.with('error', 'yes'));
    this.draw();
  }

  draw() {
    const {query} = this.bar, wanted = query.value('slow');
    byId('failed-only').checked = query.value('error') === 'yes';
    byId('slower').checked = wanted !== null;
    if (wanted !== null && document.activeElement !== this.slower) this.slower.value = msOf(wanted) ?? this.slower.value;
    mark(byId('receivers-part'), 'hidden', !this.receivers.size);
    if (this.table.open) this.#fillTable();
    if (this.list.matches(':hover, :has(:focus-visible)') && this.#rows.size) return;    // not under a hand
    const all = this.receivers.all(), shown = all.slice(0, ROWS);
    this.#rows = new Map(shown.map(({receiver}) => [receiver, this.#rows.get(receiver) ?? this.#make(receiver)]));
    shown.forEach((standing, i) => {
      const row = this.#rows.get(standing.receiver);
      if (this.list.children[i] !== row.element) this.list.insertBefore(row.element, this.list.children[i] ?? null);
      this.#fill(row, standing);
    });
    while (this.list.children.length > shown.length) this.list.lastChild.remove();
    say(byId('receivers-all'), all.length > ROWS ? `All ${count(all.length)} receivers` : 'All their numbers');
  }

  #make(receiver) {
    const name = h('span', {class: 'trow__name cut'}), failed = h('span', {}), p95 = h('span', {});
    const share = h('span', {class: 'trow__num'}, failed, h('span', {class: 'vh'}, ' failed'));
    const button = h('button', {class: 'trow trow--plain', type: 'button'}, name, share, h('span', {class: 'trow__num'}, h('span', {class: 'vh'}, ', 95% within '), p95));
    button.addEventListener('click', () => this.#only(receiver));
    return {element: h('li', {class: 'type'}, button), button, name, share, failed, p95};
  }

  #fill({button, name, share, failed, p95}, {receiver, runs, failures, rate, p50, p95: slow}) {
    const last = lastOf(receiver), app = this.receivers.isShared(receiver, last) && last !== receiver ? receiver.slice(0, receiver.indexOf('.') + 1) : '';
    if (name.textContent !== visible(app + last)) name.replaceChildren(h('span', {class: 'ns'}, visible(app)), visible(last));
    mark(share, 'data-tone', failures ? 'bad' : null);
    if (failed.textContent !== percent(rate)) {
      share.querySelector('svg')?.remove();
      if (failures) failed.before(icon('i-close'));
      say(failed, percent(rate));
    }
    say(p95, Number.isNaN(slow) ? '–' : duration(slow));
    mark(button, 'aria-pressed', String(this.bar.query.value('receiver') === this.#called(receiver)));
    mark(button, 'title', `${visible(receiver)}: ${plural(runs, 'run')}, ${plural(failures, 'failure')}, half within ${duration(p50)}, 95% within ${duration(slow)}. Click to see what it received`);
  }

  #only(receiver) {
    const {query} = this.bar, name = this.#called(receiver);
    this.bar.set(query.value('receiver') === name ? query.without('receiver') : query.with('receiver', name));
    for (const [one, {button}] of this.#rows) mark(button, 'aria-pressed', String(this.bar.query.value('receiver') === this.#called(one)));
  }

  /** Its last name, unless others share that. */
  #called(receiver) {
    const last = lastOf(receiver);
    return this.receivers.isShared(receiver, last) ? receiver : last;
  }

  #slowerThan(wanted) {
    const {query} = this.bar, ms = Number(this.slower.value);
    if (!(ms >= 0) || !this.slower.value.trim()) this.slower.value = String(SLOW_MS);
    this.bar.set(wanted ? query.with('slow', `>${this.slower.value.trim()}ms`) : query.without('slow'));
    this.draw();
  }

  #open(event) {
    event.preventDefault();
    this.#fillTable();
    byId('types-sheet').close();
    this.table.showModal();
  }

  #fillTable() {
    const rows = this.receivers.all().map(({receiver, source, runs, failures, rate, p50, p95}) => h('tr', {},
      h('th', {scope: 'row', class: 'cut', title: visible(receiver)}, h('span', {class: 'react__fn'}, visible(lastOf(receiver))), h('span', {class: 'react__where'}, visible(source))),
      h('td', {class: 'range__cell'}, rangeOf(p50, p95)), h('td', {}, count(runs)),
      h('td', {}, Number.isNaN(p50) ? '–' : milliseconds(p50)), h('td', {}, Number.isNaN(p95) ? '–' : milliseconds(p95)),
      h('td', {'data-tone': failures ? 'bad' : null}, failures ? h('span', {class: 'failed'}, icon('i-close'), percent(rate)) : '0')));
    this.table.querySelector('tbody').replaceChildren(...rows);
    mark(this.table.querySelector('table'), 'hidden', !rows.length);
    mark(byId('receivers-none'), 'hidden', rows.length > 0);
  }
}

const percent = (rate) => (rate === 0 ? '0' : rate < 0.001 ? '<0.1%' : `${(rate * 100).toFixed(rate < 0.1 ? 1 : 0)}%`);

/** From the half to the 95th of a hundred, in a drawing of the words beside it. */
function rangeOf(p50, p95) {
  const at = (ms) => `${(Math.min(1, Math.log10(1 + (ms || 0)) / Math.log10(LONGEST_MS)) * 100).toFixed(1)}%`;
  const fill = h('i', {class: 'range__fill'});
  fill.style.setProperty('--from', at(p50));
  fill.style.setProperty('--to', at(p95));
  return h('span', {class: 'range', 'aria-hidden': 'true'}, fill);
}

/** The number of milliseconds in a term as this writes it; null in others. */
const msOf = (wanted) => /^>?(\d+(?:\.\d+)?)(?:ms)?$/.exec(wanted)?.[1] ?? null;
