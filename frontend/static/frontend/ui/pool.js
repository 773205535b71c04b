// The rows of the list: as many elements as fit the window, made once. A rank falls to the element rank modulo pool.

import {mark} from './dom.js';
import {Row} from './row.js';
import {Stripes} from './stripes.js';

export class Pool {
  #rows = [];
  #stop = null;    // the row that can be reached by Tab

  /** @param {HTMLElement} element what holds the rows @param {(type: string) => number} hue */
  constructor(element, hue) {
    Object.assign(this, {element, hue});
    this.stripes = new Stripes(element);
  }

  /** Makes enough rows for so many to be seen; existing ones begin anew. */
  grow(size) {
    if (size <= this.#rows.length) return;
    this.#rows = Array.from({length: size}, () => new Row(this.hue));
    this.#rows.forEach(({element}, i) => { element.id = `row-${i}`; });
    this.#stop = null;
    this.stripes.fill(this.#rows.map(({element}) => element));
  }

  /** The row that a rank falls to. */
  at(rank) {
    return this.#rows[rank % this.#rows.length];
  }

  /** The row around this element. */
  of(target) {
    const element = target?.closest('.row');
    return this.#rows.find((row) => row.element === element);
  }

  /** The row that shows this entry, if any does. */
  showing(ordinal) {
    return this.#rows.find((row) => row.ordinal === ordinal && !row.element.hidden);
  }

  /** Every row, whatever it shows. @param {(row: Row) => void} act */
  each(act) {
    this.#rows.forEach(act);
  }

  /** Hides the rows of other ranks. The document has the others in some order: they are read as they are seen. */
  keep(oldest, newest) {
    const ids = [];
    for (const row of this.#rows) {
      if (row.rank < oldest || row.rank > newest) mark(row.element, 'hidden', true);
      else ids[newest - row.rank] = row.element.id;
    }
    mark(this.element, 'aria-owns', ids.join(' '));
  }

  /** The one row that can be reached by Tab. */
  giveTabStop(rank) {
    const row = this.#rows.find((one) => one.rank === rank) ?? null;
    if (row === this.#stop) return;
    if (this.#stop) mark(this.#stop.element, 'tabindex', -1);
    if (row) mark(row.element, 'tabindex', 0);
    this.#stop = row;
  }

  /** No row is what it was. */
  forget() {
    for (const row of this.#rows) row.ordinal = row.rank = -1;
  }
}
