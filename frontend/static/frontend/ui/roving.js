// Which row has the focus, or gets it by Tab: one at a time, known by its entry, since elements change what they show.

export class Roving {
  active = null;      // the ordinal that has, or had, the focus

  #wanted = null;     // the ordinal to focus once it is drawn

  /** @param {Pool} pool @param {HTMLElement} table what has the focus where no row can */
  constructor(pool, table) {
    Object.assign(this, {pool, table});
  }

  /** Whether a row has the focus. */
  get isInside() {
    return this.pool.element.contains(document.activeElement);
  }

  /** Gives the focus to the active row once it is drawn. */
  focus() {
    this.#wanted = this.active;
  }

  leave() {
    if (this.isInside) this.table.focus({preventScroll: true});
  }

  /** These ranks are drawn next: a row that will show another event must not keep the focus meant for the one before. */
  before(oldest, newest) {
    const focused = this.pool.of(document.activeElement);
    if (focused && (focused.rank < oldest || focused.rank > newest)) this.leave();
  }

  /** They are drawn, and Tab leads to one of them. */
  after(rank) {
    this.pool.giveTabStop(rank);
    if (this.#wanted !== null) this.pool.showing(this.#wanted)?.element.focus({preventScroll: true});
    this.#wanted = null;
  }
}
