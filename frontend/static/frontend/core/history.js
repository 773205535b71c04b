// The log beyond what the ring holds: pages asked for by position, in a store of their own whose ordinals are positions.
// The list shows it in the place of the ring, while the stream goes on; it is a hold, too, that nothing ends but `live`.
// No DOM.

import {NoPage, readPage} from '../lib/pages.js';
import {count} from './format.js';
import {EVENT, GAP, GHOST, Store} from './store.js';
import {View} from './view.js';

const PAGE = 500;
const PAGES = 10;           // read in a row while nothing in them matches
const CAPACITY = 20000;     // events; the other end goes first
const BUDGET = 48e6;        // bytes
const SEED = 1000;          // events of the ring that are taken along, so that one leads over into the other

export class History {
  view = null;     // what it shows, or null while the ring is shown
  busy = false;
  error = '';      // why the last page did not come
  held = true;

  #turn = 0;       // what was asked for in an earlier turn is not wanted any more
  #pruned = 1;     // the oldest position that is left, as pages have told

  /**
   * @param {object} parts
   * @param {EventStream} parts.stream
   * @param {{view: View, hold: Hold}} parts.ring what is shown otherwise
   * @param {(change: () => void) => void} parts.apply makes a change and leaves what is on the screen where it is
   * @param {() => void} parts.changed
   * @param {(from: number, to: number) => void} parts.learn has what the receivers did looked up
   * @param {typeof readPage} [parts.read]
   */
  constructor({stream, ring, apply, changed, learn = () => {}, read = readPage}) {
    Object.assign(this, {stream, ring, apply, changed, learn, read});
  }

  /** The oldest position that the server still holds. */
  get oldest() {
    return Math.max(this.stream.oldest, this.#pruned);
  }

  /** The oldest position that is shown; null if none is. */
  get start() {
    if (this.view) return this.view.store.first;
    const {store} = this.ring.view;
    const at = this.#firstEvent(store);
    return at < store.next ? store.at(at).position : null;
  }

  /** Whether the list ends in another log, of which there is no more. */
  get replaced() {
    const {store} = this.ring.view;
    return !this.view && store.start > store.first;
  }

  /** How many events that are older than what is shown the server holds. */
  get left() {
    return this.start === null || this.replaced ? 0 : Math.max(0, this.start - this.oldest);
  }

  /** Shows what comes before. @param {number} [reach] an ordinal of the ring: so far it is on the screen */
  older(reach = 0) {
    return this.left ? this.#load(() => this.#older(this.view ?? this.#seed(reach))) : undefined;
  }

  /** Shows what comes after. */
  newer() {
    return this.#load(() => this.#newer(this.view));
  }

  /** Shows the event at a position, in the ring or else here. @returns {Promise<string>} why not, or nothing */
  async go(position) {
    const {head, position: joined} = this.stream;
    if (joined === null) return 'This page is not connected.';
    if (position > head) return `There is no event ${count(position)}: the newest is ${count(head)}.`;
    if (this.view?.store.find(position) != null) return '';
    if (this.joins(position)) {
      this.leave();
      return '';
    }
    const gone = () => `Event ${count(position)} is not held any more: the oldest is ${count(this.oldest)}.`;
    if (position < this.oldest) return gone();
    const turn = this.#turn += 1;
    try {
      const page = await this.#read(Math.max(this.oldest, position - PAGE / 2), Math.min(head + 1, position + PAGE / 2));
      if (turn !== this.#turn) return '';
      if (page.from > position) return gone();
      const view = this.#viewFrom(page.from);
      for (const line of page.lines) view.store.push(line);
      this.apply(() => {
        this.view = view;
      });
      return '';
    } catch (error) {
      if (!(error instanceof NoPage)) throw error;
      return `Event ${count(position)} did not come: ${error.message}.`;
    }
  }

  /** Whether the ring holds the event at this position. */
  joins(position) {
    return this.ring.view.store.ordinalOf(position) !== null;
  }

  /** The ring again. */
  leave() {
    this.#turn += 1;
    this.error = '';
    if (!this.view) return;
    this.apply(() => {
      this.view = null;
    });
  }

  /** The ring's newest entry says that this is another log now. */
  replace() {
    this.#pruned = 1;
    this.leave();
  }

  // ── as the list's hold ─────────────────────────────────────────────────────────────────────────────────────────

  get end() {
    return this.view.store.next;
  }

  get fresh() {
    return this.ring.hold.fresh;
  }

  live() {
    this.leave();
    this.ring.hold.live();
  }

  hold() {}

  release() {}

  shown() {}

  keep() {}

  // ── pages ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async #load(act) {
    if (this.busy) return;
    const turn = this.#turn;
    this.busy = true;
    this.error = '';
    this.changed();
    try {
      await act();
    } catch (error) {
      if (!(error instanceof NoPage)) throw error;
      if (turn === this.#turn) this.error = error.message;
      if (error.replaced) this.leave();
    } finally {
      this.busy = false;
      this.changed();
    }
  }

  async #older(view) {
    const turn = this.#turn, before = view.first, {store} = view;
    for (let n = 0; n < PAGES && view.first === before && store.first > this.oldest; n += 1) {
      const {lines} = await this.#read(Math.max(this.oldest, store.first - PAGE), store.first);
      if (turn !== this.#turn) return;
      this.apply(() => {
        while (lines.length) store.unshift(lines.pop());
        this.view = view;
      });
      view.catchUp(Infinity);
    }
  }

  async #newer(view) {
    const turn = this.#turn, before = view.next, {store} = view;
    for (let n = 0; n < PAGES && view.next === before && store.next <= this.stream.head; n += 1) {
      const from = store.next;
      const page = await this.#read(from, Math.min(from + PAGE, this.stream.head + 1));
      if (turn !== this.#turn) return;
      if (page.from > from) return this.leave();    // pruned as far as here
      this.apply(() => page.lines.forEach((line) => store.push(line)));
      view.catchUp(Infinity);
    }
  }

  async #read(from, to) {
    const {url, stream, epoch} = this.stream;
    const page = await this.read(url, {stream, epoch, from, to});
    if (page.from > from) this.#pruned = Math.max(this.#pruned, page.from);
    this.learn(page.from, to);
    return page;
  }

  /** A view of a part of the ring: the oldest events, as far as they are on the screen at least. */
  #seed(reach) {
    const {store: ring} = this.ring.view;
    let at = this.#firstEvent(ring);
    const view = this.#viewFrom(ring.at(at).position), {store} = view;
    for (; at < ring.next && (store.size < SEED || at <= reach) && store.size < CAPACITY - PAGE; at += 1) {
      const {kind, position, line, reactions} = ring.at(at);
      if (kind === GHOST) continue;
      if (kind === GAP || (kind === EVENT && position !== store.next)) break;
      store.push(line);
      if (reactions) store.update(reactions);
    }
    view.catchUp(Infinity);
    return view;
  }

  #viewFrom(position) {
    const store = new Store({capacity: CAPACITY, budget: BUDGET, start: position});
    return new View(store, this.ring.view.matches);
  }

  #firstEvent(store) {
    let at = store.first;
    while (at < store.next && store.kinds[at % store.capacity] !== EVENT) at += 1;
    return at;
  }
}
