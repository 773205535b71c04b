// A range of time: drawn on the chart with the pointer, or given in two fields. It is a part of the filter's text, which
// this edits; it keeps nothing of its own.

import {local} from '../core/format.js';
import {written} from '../core/moment.js';
import {SECONDS} from '../core/rates.js';
import {NotSaid, firstSince} from '../lib/since.js';
import {byId, h, mark, tell} from './dom.js';

const LEAST = 3;    // pixels; less is a click, which shows all times again

export class Brush {
  #drag = null;       // {x, now}: where and when it began

  /** @param {{bar: FilterBar, now?: () => number}} parts */
  constructor({bar, now = Date.now}) {
    Object.assign(this, {bar, now});
    this.element = byId('brush');
    this.band = this.element.firstElementChild;
    this.dialog = byId('range');
    this.element.addEventListener('pointerdown', (event) => this.#begin(event));
    this.element.addEventListener('pointermove', ({clientX}) => this.#drag && this.#stretch(clientX));
    this.element.addEventListener('pointerup', ({clientX}) => this.#end(clientX));
    this.element.addEventListener('pointercancel', () => this.#cancel());
    document.addEventListener('keydown', (event) => this.#drag && event.key === 'Escape' && this.#cancel());
    byId('range-open').addEventListener('click', () => this.open());
    byId('range-form').addEventListener('submit', (event) => this.#submit(event));
    byId('range-save').addEventListener('click', () => this.#save());
    byId('range-all').addEventListener('click', () => this.#show(null));
  }

  /** The range that is shown, where the chart has it. */
  draw() {
    if (this.#drag) return;
    const {range} = this.bar.query, now = Math.floor(this.now() / 1000);
    const [from, to] = (range ?? [NaN, NaN]).map((ms) => Math.min(1, Math.max(0, (ms / 1000 - now + SECONDS) / SECONDS)));
    mark(byId('range-open'), 'data-on', range !== null);
    this.#place(from, to);
  }

  /** Asks for two moments. */
  open() {
    const [since, until] = this.bar.query.range ?? [-Infinity, Infinity], now = this.now();
    byId('range-since').value = local(Number.isFinite(since) ? since : now - SECONDS * 1000).slice(0, 19);
    byId('range-until').value = local(Number.isFinite(until) ? until : now).slice(0, 19);
    this.#say('');
    this.dialog.showModal();
  }

  #begin(event) {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    this.#drag = {x: event.clientX, now: Math.floor(this.now() / 1000)};
  }

  #stretch(x) {
    const [from, to] = this.#between(x);
    this.#place(from, to);
  }

  #end(x) {
    if (!this.#drag) return;
    const {now} = this.#drag, isClick = Math.abs(x - this.#drag.x) < LEAST;
    const [from, to] = this.#between(x).map((part) => Math.round(part * SECONDS) + now - SECONDS);
    this.#drag = null;
    if (!isClick) this.#show([from * 1000, Math.max(to, from + 1) * 1000]);
    else if (this.bar.query.range) this.#show(null);
  }

  #cancel() {
    this.#drag = null;
    this.draw();
  }

  /** Two places on the chart, as parts of its width. */
  #between(x) {
    const {left, width} = this.element.getBoundingClientRect();
    return [this.#drag.x, x].map((at) => Math.min(1, Math.max(0, (at - left) / width))).sort((a, b) => a - b);
  }

  #place(from, to) {
    mark(this.band, 'hidden', !(to > from));
    if (!(to > from)) return;
    this.band.style.insetInlineStart = `${from * 100}%`;
    this.band.style.inlineSize = `${(to - from) * 100}%`;
  }

  #submit(event) {
    event.preventDefault();
    const range = this.#read();
    if (range) this.#show(range);
  }

  /** What the fields say; null, and why, where that is no range. */
  #read() {
    const [since, until] = [byId('range-since').value, byId('range-until').value].map((value) => Date.parse(value));
    const isWhole = !Number.isNaN(since) && !Number.isNaN(until);
    this.#say(!isWhole ? 'Both ends want a date and a time.' : since >= until ? 'It ends before it begins.' : '');
    return isWhole && since < until ? [since, until] : null;
  }

  /** Has the browser download the range as the server holds it, whatever this page holds or looks for. */
  async #save() {
    const range = this.#read();
    if (!range) return;
    try {
      const {epoch, from} = await firstSince(range[1]);
      const query = new URLSearchParams({format: 'ndjson', since: new Date(range[0]).toISOString(), before: `${epoch}:${from}`});
      h('a', {href: `api/events/?${query}`, download: ''}).click();
    } catch (error) {
      if (!(error instanceof NotSaid)) throw error;
      this.#say(error.message);
    }
  }

  #say(why) {
    tell(byId('range-error'), why);
  }

  #show(range) {
    this.dialog.close();
    this.bar.set(this.bar.query.between(...(range ?? [null, null]).map((ms) => ms === null ? null : written(ms))));
    this.draw();
  }
}
