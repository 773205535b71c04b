// The receivers beside the list, those that fail first and then the slowest: a click shows what one received. With two
// choices, failed only and slower than so much. What is shown is said by the filter's text, which this edits; it keeps
// nothing of its own.

import {count, duration, percent, plural, visible} from '../core/format.js';
import {lastOf} from '../core/reactions.js';
import {arrange, byId, h, icon, mark, say} from './dom.js';
import {Ranking} from './ranking.js';

const ROWS = 8;
const SLOW_MS = 50;    // where the reader has not said

export class Standings {
  #rows = new Map();

  /** @param {{receivers: Receivers, bar: FilterBar, leave: () => void}} parts `leave` uncovers the list */
  constructor({receivers, bar, leave}) {
    Object.assign(this, {receivers, bar, leave});
    this.list = byId('receivers');
    this.ranking = new Ranking({receivers, only: (receiver) => this.#only(receiver)});
    this.slower = byId('slower-ms');
    byId('failed-only').addEventListener('change', () => this.toggleFailed());
    byId('slower').addEventListener('change', () => this.#slowerThan(byId('slower').checked));
    this.slower.addEventListener('change', () => this.#slowerThan(true));
  }

  /** Shows how a receiver did among the others. @param {string} receiver */
  show(receiver) {
    if (!this.ranking.open(receiver)) this.#only(receiver);
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
    this.ranking.draw();
    if (this.list.matches(':hover, :has(:focus-visible)') && this.#rows.size) return;    // not under a hand
    const all = this.receivers.all(), shown = all.slice(0, ROWS);
    this.#rows = new Map(shown.map(({receiver}) => [receiver, this.#rows.get(receiver) ?? this.#make(receiver)]));
    shown.forEach((standing) => this.#fill(this.#rows.get(standing.receiver), standing));
    arrange(this.list, [...this.#rows.values()].map(({element}) => element));
    say(byId('receivers-all'), all.length > ROWS ? `All ${count(all.length)} receivers` : 'All their numbers');
  }

  #make(receiver) {
    const name = h('span', {class: 'trow__name cut'}), failed = h('span', {}), p95 = h('span', {});
    const share = h('span', {class: 'trow__num'}, failed, h('span', {class: 'vh'}, ' failed'));
    const button = h('button', {class: 'trow trow--plain', type: 'button'}, name, share, h('span', {class: 'trow__num'}, h('span', {class: 'vh'}, ', 95% within '), p95));
    button.addEventListener('click', () => this.#toggle(receiver));
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

  /** Shows what it received, wherever that was asked for. */
  #only(receiver) {
    const {query} = this.bar;
    this.leave();
    this.bar.set(query.with('receiver', this.#called(receiver)));
    this.draw();
  }

  #toggle(receiver) {
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
}

/** The number of milliseconds in a term as this writes it; null in others. */
const msOf = (wanted) => /^>?(\d+(?:\.\d+)?)(?:ms)?$/.exec(wanted)?.[1] ?? null;
