// Whether the list follows the newest event, or holds still, and why. No DOM.
//
// While it holds, `head` is a constant: nothing that arrives, and nothing that the ring lets go, moves a visible row.
// Pausing is the same hold, kept until the reader says otherwise; the other reasons end with what caused them.

/** @typedef {'paused'|'scrolled'|'focus'|'detail'|'selection'} Reason */

export class Hold {
  head = 0;        // one past the newest ordinal shown, while held
  events = 0;      // that had come when the hold began

  #shown = {head: 0, events: 0};
  #reasons = new Set();

  /** @param {{next: number, events: number}} store @param {() => void} changed */
  constructor(store, changed) {
    this.store = store;
    this.changed = changed;
  }

  get held() {
    return this.#reasons.size > 0;
  }

  /** Events that came since. */
  get fresh() {
    return this.held ? this.store.events - this.events : 0;
  }

  /** One past the newest ordinal that the list shows. */
  get end() {
    return this.held ? this.head : this.store.next;
  }

  /** What the list has drawn: a hold begins there, not at what came since. */
  shown() {
    if (!this.held) this.renew();
  }

  /** An entry came in between those that are drawn, while nothing was held. */
  shift(ordinal) {
    if (this.#shown.head > ordinal) this.#shown.head += 1;
  }

  /** @param {Reason} reason */
  hold(reason) {
    if (this.#reasons.has(reason)) return;
    if (!this.#shown.head) this.shown();
    if (!this.#shown.head) return;    // there is nothing yet that could be held
    if (!this.held) Object.assign(this, this.#shown);
    this.#reasons.add(reason);
    this.changed();
  }

  /** @param {Reason} reason */
  release(reason) {
    if (this.#reasons.delete(reason)) this.changed();
  }

  /** A hold that began by scrolling stays when the list becomes too short to be scrolled. */
  keep() {
    if (this.#reasons.has('scrolled')) this.#reasons.add('paused');
  }

  /** Begins anew with what is there now, for the same reasons. */
  renew() {
    this.#shown = {head: this.store.next, events: this.store.events};
    Object.assign(this, this.#shown);
  }

  /** Follows the newest, whatever held it. */
  live() {
    this.#reasons.clear();
    this.changed();
  }
}
