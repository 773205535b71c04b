// The rows, in stripes. Where all are laid out anew, they are so one stripe a frame, since that frame would be late for
// all of them: until its turn, a stripe is as wide as it was, or its rows show nothing.

import {h, mark} from './dom.js';

const STRIPES = 3;

export class Stripes {
  #waiting = [];

  /** @param {HTMLElement} element what holds them */
  constructor(element) {
    this.all = Array.from({length: STRIPES}, () => h('div', {class: 'stripe'}));
    element.append(...this.all);
  }

  get isWaiting() {
    return this.#waiting.length > 0;
  }

  /** @param {HTMLElement[]} rows */
  fill(rows) {
    const size = Math.ceil(rows.length / STRIPES);
    this.all.forEach((stripe, i) => stripe.replaceChildren(...rows.slice(i * size, (i + 1) * size)));
  }

  /** There is another width for them. @param {number} width what they have, in pixels */
  keepWidth(width) {
    this.#waiting = [...this.all];
    for (const stripe of this.all) stripe.style.inlineSize = `${width}px`;
  }

  /** The rows show something else. @param {HTMLElement} top the one that is seen first */
  blank(top) {
    const first = this.all.findIndex((stripe) => stripe.contains(top));
    this.#waiting = [...this.all.slice(first), ...this.all.slice(0, first)];
    for (const stripe of this.all) mark(stripe, 'data-blank', true);
    this.next();
  }

  /** Lays out one of those that wait. */
  next() {
    const stripe = this.#waiting.shift();
    if (!stripe) return;
    stripe.style.inlineSize = '';
    mark(stripe, 'data-blank', false);
  }
}
