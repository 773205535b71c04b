// What of a store is shown: all of it, or the entries that a predicate lets through. No DOM.
//
// Every match has a rank, as every entry has an ordinal: the newest has the highest, and none ever changes. Without a
// predicate the rank is the ordinal, and nothing is kept. With one, the ordinals of the matches are: first what is
// there is searched from the newest backwards, a slice at a time; `next` grows with what comes, `first` with what the
// ring lets go. Gaps are shown whatever is looked for. What is learnt of an entry later may bring it in, or take it out:
// only then do the ranks above it move.

import {GAP, GHOST} from './store.js';

const SLICE = 5;          // ms of searching at a time, so that no frame is late
const BETWEEN = 64;       // entries between two looks at the clock
const BASE = 2 ** 40;     // the rank at which a search begins: there is room below it

/** @typedef {(entry: Entry) => boolean} Matches */

export class View {
  #matches = null;
  #ordinals = null;     // of the matches, a ring by rank
  #others = [];         // the ordinals among them that are no events: gaps and ghosts
  #first = BASE;
  #next = BASE;
  #low = 0;             // what lies in [low, high) was searched
  #high = 0;

  /** @param {Store} store @param {Matches|null} [matches] */
  constructor(store, matches = null) {
    this.store = store;
    this.filter(matches);
  }

  /** @param {Matches|null} matches */
  filter(matches) {
    this.#matches = matches;
    this.#others = [];
    this.#first = this.#next = BASE;
    this.#low = this.#high = this.store.next;
    if (matches) this.#ordinals ??= new Float64Array(this.store.capacity);
  }

  get matches() {
    return this.#matches;
  }

  get filtered() {
    return this.#matches !== null;
  }

  /** The rank of the oldest match. */
  get first() {
    return this.#matches ? this.#first : this.store.first;
  }

  /** One past the rank of the newest. */
  get next() {
    return this.#matches ? this.#next : this.store.next;
  }

  /** Events that match; gaps and ghosts are none. */
  get events() {
    return this.#matches ? this.#next - this.#first - this.#others.length : this.store.events - this.store.dropped;
  }

  /** Of a filter: events that match, from the entry with this ordinal on. */
  since(ordinal) {
    return this.#next - this.rankOf(ordinal) - this.#others.filter((other) => other >= ordinal).length;
  }

  /** Whether all that the store holds was searched. */
  get done() {
    return !this.#matches || (this.#high === this.store.next && this.#low <= this.store.first);
  }

  /** The ordinal of the match with this rank. */
  at(rank) {
    return this.#matches ? this.#ordinals[rank % this.store.capacity] : rank;
  }

  /** The rank of the oldest match that is not older than the entry with this ordinal. */
  rankOf(ordinal) {
    if (!this.#matches) return ordinal;
    let low = this.#first, high = this.#next;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.at(middle) < ordinal) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Forgets what the ring let go and searches on, newest first, for about so long. @returns {boolean} whether all is searched */
  catchUp(ms = SLICE) {
    if (!this.#matches) return true;
    const {store} = this, until = performance.now() + ms;
    this.#trim();
    for (let n = 1; !this.done; n += 1) {
      if (this.#high < store.next) {
        if (this.#shows(this.#high)) this.#ordinals[this.#next++ % store.capacity] = this.#high;
        this.#high += 1;
      } else {
        this.#low -= 1;
        if (this.#shows(this.#low)) this.#ordinals[--this.#first % store.capacity] = this.#low;
      }
      if (n % BETWEEN === 0 && performance.now() > until) return this.done;
    }
    return true;
  }

  /** An entry came in between: those from its ordinal on have the next higher one now. */
  shift(ordinal) {
    if (!this.#matches || ordinal >= this.#high) return;
    const up = (other) => (other >= ordinal ? other + 1 : other);
    for (let rank = this.rankOf(ordinal); rank < this.#next; rank += 1) this.#ordinals[rank % this.store.capacity] += 1;
    this.#others = this.#others.map(up);
    this.#high += 1;
    this.#low = ordinal < this.#low ? this.#low + 1 : this.#low;
    this.recheck(ordinal);
  }

  /** Looks again at an event of which more is known now. @returns {boolean} whether it came in or left */
  recheck(ordinal) {
    if (!this.#matches || ordinal < Math.max(this.#low, this.store.first) || ordinal >= this.#high) return false;
    this.#trim();
    const {capacity} = this.store, rank = this.rankOf(ordinal), ordinals = this.#ordinals;
    const shown = rank < this.#next && this.at(rank) === ordinal, shows = shown ? this.#matches(this.store.at(ordinal)) : this.#shows(ordinal);
    if (shown === shows) return false;
    if (shows) {
      for (let at = this.#next; at > rank; at -= 1) ordinals[at % capacity] = ordinals[(at - 1) % capacity];
      ordinals[rank % capacity] = ordinal;
      this.#next += 1;
    } else {
      this.#next -= 1;
      for (let at = rank; at < this.#next; at += 1) ordinals[at % capacity] = ordinals[(at + 1) % capacity];
    }
    return true;
  }

  #shows(ordinal) {
    const entry = this.store.at(ordinal);
    const shown = entry.kind === GAP || this.#matches(entry);
    if (shown && (entry.kind === GAP || entry.kind === GHOST)) this.#others.push(ordinal);
    return shown;
  }

  #trim() {
    const {first, next} = this.store;
    while (this.#first < this.#next && this.at(this.#first) < first) this.#first += 1;
    while (this.#first < this.#next && this.at(this.#next - 1) >= next) this.#next -= 1;
    this.#high = Math.min(this.#high, next);
    if (this.#others.length) this.#others = this.#others.filter((ordinal) => ordinal >= first);
    this.#high = Math.max(this.#high, first);
    this.#low = Math.max(this.#low, first);
  }
}
