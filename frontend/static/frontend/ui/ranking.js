// The receivers in a table with all their numbers, those that fail first and then the slowest. A name leads to what that
// receiver received; while a hand or the focus is in the table, its rows stay where they are.

import {count, milliseconds, percent, visible} from '../core/format.js';
import {lastOf} from '../core/reactions.js';
import {byId, h, icon, mark, say} from './dom.js';

const LONGEST_MS = 5000;    // the end of the axis, which is a logarithm from 1 ms

export class Ranking {
  #lines = new Map();    // by receiver

  /** @param {{receivers: Receivers, only: (receiver: string) => void}} parts `only` shows what one received */
  constructor({receivers, only}) {
    Object.assign(this, {receivers, only});
    this.element = byId('receivers-table');
    this.body = this.element.querySelector('tbody');
    byId('receivers-all').addEventListener('click', () => this.open());
    byId('receivers-open').addEventListener('click', (event) => {
      event.preventDefault();
      this.open();
    });
    if (location.hash !== '#receivers') return;    // where other pages lead, once
    history.replaceState(history.state, '', location.pathname + location.search);
    this.open();
  }

  /** Opens it, at a receiver. @param {string} [receiver] @returns {boolean} whether that receiver is there */
  open(receiver) {
    this.#fill();
    const line = this.#lines.get(receiver);
    for (const [name, {element}] of this.#lines) mark(element, 'aria-current', name === receiver ? 'true' : null);
    if (receiver && !line) return false;
    byId('types-sheet').close();
    this.element.showModal();
    line?.button.focus();
    return true;
  }

  draw() {
    if (this.element.open) this.#fill();
  }

  #fill() {
    const all = this.receivers.all(), busy = this.body.matches(':hover, :focus-within');
    for (const standing of all) {
      if (!this.#lines.has(standing.receiver)) this.#add(standing.receiver);
      write(this.#lines.get(standing.receiver), standing);
    }
    if (!busy) this.body.append(...all.map(({receiver}) => this.#lines.get(receiver).element));
    mark(this.element.querySelector('table'), 'hidden', !all.length);
    mark(byId('receivers-none'), 'hidden', all.length > 0);
  }

  #add(receiver) {
    const button = h('button', {class: 'react__fn react__link', type: 'button', title: `${visible(receiver)}: see what it received`}, visible(lastOf(receiver)));
    const where = h('span', {class: 'react__where'}), fill = h('i', {class: 'range__fill'});
    const [runs, p50, p95, failed] = Array.from({length: 4}, () => h('td', {}));
    const element = h('tr', {}, h('th', {scope: 'row', class: 'cut'}, button, where),
      h('td', {class: 'range__cell'}, h('span', {class: 'range', 'aria-hidden': 'true'}, fill)), runs, p50, p95, failed);
    button.addEventListener('click', () => {
      this.element.close();
      this.only(receiver);
    });
    this.body.append(element);
    this.#lines.set(receiver, {element, button, where, fill, runs, p50, p95, failed});
  }
}

function write({where, fill, runs, p50, p95, failed}, standing) {
  say(where, visible(standing.source));
  fill.style.setProperty('--from', at(standing.p50));
  fill.style.setProperty('--to', at(standing.p95));
  say(runs, count(standing.runs));
  say(p50, inMs(standing.p50));
  say(p95, inMs(standing.p95));
  mark(failed, 'data-tone', standing.failures ? 'bad' : null);
  if (failed.textContent !== percent(standing.rate)) failed.replaceChildren(standing.failures ? h('span', {class: 'failed'}, icon('i-close'), percent(standing.rate)) : '0');
}

const inMs = (ms) => (Number.isNaN(ms) ? '–' : milliseconds(ms));
const at = (ms) => `${(Math.min(1, Math.log10(1 + (ms || 0)) / Math.log10(LONGEST_MS)) * 100).toFixed(1)}%`;
