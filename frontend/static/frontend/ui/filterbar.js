// The filter line: its text is the truth, whoever wrote it, and the address carries it. It says how much was searched.

import {count, plural} from '../core/format.js';
import {Query} from '../core/query.js';
import {byId, h, mark, say} from './dom.js';

const SPOKEN_MS = 1000;    // after the last change; a result that is read while one types helps nobody

export class FilterBar {
  /** The newest that could be understood: what the list shows. */
  query = new Query('');
  error = '';

  #timer = 0;

  /** @param {{list: {view: View}, changed: () => void, announce: (text: string) => void}} parts */
  constructor({list, changed, announce}) {
    Object.assign(this, {list, changed, announce});
    this.field = byId('q');
    this.count = byId('filter-count');
    this.field.addEventListener('input', () => this.#take());
    byId('filter-clear').addEventListener('click', () => this.clear());
  }

  get text() {
    return this.field.value;
  }

  set(text) {
    if (text === this.text) return;
    this.field.value = text;
    this.#take();
  }

  clear() {
    this.set('');
    this.field.focus();
  }

  draw() {
    const {text, error} = this, {events, done, filtered} = this.list.view;
    mark(byId('filter-clear'), 'hidden', !text);
    mark(byId('find'), 'aria-description', text || null);    // on a phone, all that says so
    mark(byId('filter-key'), 'hidden', Boolean(text));
    mark(this.field, 'aria-invalid', error ? 'true' : null);
    mark(this.count, 'hidden', Boolean(error));
    say(byId('filter-error'), error);
    const says = !filtered ? ' held' : done ? ` of ${count(this.#held)} held` : ' found so far';
    if (this.count.textContent !== count(events) + says) this.count.replaceChildren(h('b', {}, count(events)), says);
  }

  get #held() {
    const {store} = this.list.view;
    return store.events - store.dropped;
  }

  #take() {
    const query = new Query(this.text);
    this.error = query.error;
    if (!query.error) this.query = query;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#speak(), SPOKEN_MS);
    this.changed();
  }

  #speak() {
    const {events, filtered} = this.list.view;
    this.announce(this.error || (filtered ? `${count(events)} of ${plural(this.#held, 'held event')} match` : 'No filter: everything is shown'), 'filter');
  }
}
