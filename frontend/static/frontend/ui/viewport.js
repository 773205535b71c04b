// What can be seen of a long column of rows that are equally high: pixels on one side, places from the top on the other.
//
// Where it is scrolled to is asked of the browser only when that may have changed: to answer, it lays out the page anew.

import {h} from './dom.js';

export class Viewport {
  rowHeight = 28;
  width = 0;
  moved = 0;    // pixels that the reader scrolled it by, the last time; 0 where nobody did

  #at = 0;
  #left = 0;      // where the reader left it
  #length = 0;    // pixels of all rows and their head
  #headHeight = 28;
  #height = 0;

  /**
   * @param {HTMLElement} scroller
   * @param {{resized: (top: number|null) => void, scrolled: () => void}} told `top` is the first place in view, where rows have another height now
   */
  constructor(scroller, {resized, scrolled}) {
    this.scroller = scroller;
    this.table = scroller.querySelector('.table');
    this.head = scroller.querySelector('.heads');
    this.probe = h('div', {class: 'row probe', 'aria-hidden': 'true'});    // as high as a row, whatever the reader's settings
    scroller.append(this.probe);
    this.#measure();
    const observer = new ResizeObserver(() => {
      const {top, rowHeight} = this;
      this.#measure();
      resized(rowHeight === this.rowHeight ? null : top);
    });
    observer.observe(scroller);
    observer.observe(this.probe);
    scroller.addEventListener('scroll', () => {
      const before = this.#left;
      this.#settle();
      this.moved = this.#at - before;
      scrolled();
    }, {passive: true});
  }

  /** Whether the rows are more than can be seen at once. */
  get isLong() {
    return this.#length > this.#height;
  }

  /** The first place in view. */
  get top() {
    return Math.floor(this.#at / this.rowHeight);
  }

  /** Whether nothing is scrolled out at the top. */
  get isAtTop() {
    return this.#at <= 0;
  }

  /** How many pixels of the first place are scrolled out. */
  get offset() {
    return this.#at - this.top * this.rowHeight;
  }

  /** How many rows can be seen at once, those that are cut included. */
  get count() {
    return Math.ceil((this.#height - this.#headHeight) / this.rowHeight) + 1;
  }

  /** The offset that has a row in the middle. */
  get middle() {
    return -Math.floor((this.#height - this.#headHeight) / 2);
  }

  /** There are so many rows now. */
  fill(rows) {
    const length = rows * this.rowHeight + this.#headHeight;
    if (length === this.#length) return;
    this.#length = length;
    this.table.style.minBlockSize = `${length}px`;
    if (this.#at > 0 && this.#at + this.#height > length) this.#settle();    // it may have become too short for where it was
  }

  /** What is on the screen has other places now: the reader did not scroll. */
  scrollTo(place, offset = 0) {
    this.#scroll(place * this.rowHeight + offset);
    this.#left = this.#at;
  }

  /** The reader wants to see a row whole: scrolls as little as needed; after the last one comes the end of the list. */
  reveal(place, isLast) {
    const top = place * this.rowHeight, room = this.#height - this.#headHeight - this.rowHeight;
    if (top < this.#at) this.#scroll(top);
    else if (isLast) this.#scroll(this.scroller.scrollHeight);
    else if (top > this.#at + room) this.#scroll(top - room);
  }

  #scroll(to) {
    if (to === this.#at) return;
    this.scroller.scrollTop = to;
    this.#at = this.scroller.scrollTop;
  }

  #settle() {
    this.#at = this.#left = this.scroller.scrollTop;
  }

  #measure() {
    this.#height = this.scroller.clientHeight;
    this.width = this.scroller.clientWidth;
    this.rowHeight = this.probe.offsetHeight || this.rowHeight;
    this.#headHeight = getComputedStyle(this.head).position === 'sticky' ? this.head.offsetHeight : 0;
    this.#settle();
  }
}
