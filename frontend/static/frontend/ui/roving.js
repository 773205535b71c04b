// Which row has the focus, or gets it by Tab: one at a time, known by its entry, since elements change what they show.

import {mark} from './dom.js';

export class Roving {
  active = null;      // the ordinal that has, or had, the focus
  stop = -1;          // the rank that Tab leads to

  #wanted = null;     // the ordinal to focus once it is drawn

  /** @param {Pool} pool @param {HTMLElement} table what has the focus where no row can */
  constructor(pool, table) {
    Object.assign(this, {pool, table});
  }

  /** Whether a row has the focus. */
  get isInside() {
    return this.pool.element.contains(document.activeElement);
  }

  /**
   * Makes another row the active one: by rows, by 'page' or '-page', to 'newest' or 'oldest'.
   * @param {number|string} by
   * @param {{view: View, newest: number, top: number, page: number}} there the ranks that it may have and that is on top, and the rows of a page
   */
  step(by, {view, newest, top, page}) {
    const oldest = view.first, steps = by === 'page' ? page : by === '-page' ? -page : Number(by);
    const from = this.active === null ? -1 : view.rankOf(this.active);
    let rank = from - steps;
    if (by === 'newest') rank = newest;
    else if (by === 'oldest') rank = oldest;
    else if (from > newest || from < oldest) rank = top;
    this.active = view.at(Math.min(newest, Math.max(oldest, rank)));
  }

  /** An entry came in between. */
  shift(ordinal) {
    if (this.active !== null && this.active >= ordinal) this.active += 1;
  }

  /** Gives the focus to the active row; to one that is not drawn, once it is. */
  focus() {
    this.#wanted = this.active;
    if (this.pool.showing(this.active)) this.#give();
  }

  /** All is drawn, the rows and the rest: to focus something, the browser lays out the page. */
  settle() {
    if (this.#wanted !== null) this.#give();
    this.pool.giveTabStop(this.stop);
  }

  #give() {
    const row = this.pool.showing(this.#wanted);
    this.#wanted = null;
    if (!row) return;
    mark(row.element, 'tabindex', 0);    // before it has the focus, or the browser looks whether it may keep it
    row.element.focus({preventScroll: true});
    this.pool.giveTabStop(row.rank);
  }

  leave() {
    if (this.isInside) this.table.focus({preventScroll: true});
  }

  /** These ranks are drawn next: a row that will show another event must not keep the focus meant for the one before. */
  before(oldest, newest) {
    const focused = this.pool.of(document.activeElement);
    if (focused && (focused.rank < oldest || focused.rank > newest)) this.leave();
  }
}
