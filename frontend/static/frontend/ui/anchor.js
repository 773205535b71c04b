// What shall stand where on the screen, whatever comes in or goes before it: an entry, once the search has come as far.

/** @typedef {{ordinal: number, offset: number}} Place an entry, and how many pixels of it are scrolled out */

export class Anchor {
  /** @type {Place|null} */
  #place = null;

  /** @param {Place|null} place null lets go */
  set(place) {
    this.#place = place;
  }

  /** The same, unless something is to stand somewhere already. @param {Place|null} place */
  keep(place) {
    this.#place ??= place;
  }

  /** Scrolls there, if that can be done by now. @param {View} view @param {number} end one past the newest rank @param {Viewport} port */
  settle(view, end, port) {
    if (this.#place === null) return;
    const {ordinal, offset} = this.#place, rank = view.rankOf(ordinal);
    if (rank === view.first && !view.done) return;
    port.scrollTo(end - 1 - rank, offset);
    this.#place = null;
  }
}
