// What can be seen of a long column of rows that are equally high: pixels on one side, places from the top on the other.

import {h} from './dom.js';

export class Viewport {
  rowHeight = 28;

  #headHeight = 28;
  #height = 0;

  /** @param {HTMLElement} scroller @param {() => void} changed something has another size */
  constructor(scroller, changed) {
    this.scroller = scroller;
    this.head = scroller.querySelector('.heads');
    this.probe = h('div', {class: 'row probe', 'aria-hidden': 'true'});    // as high as a row, whatever the reader's settings
    scroller.append(this.probe);
    this.#measure();
    const observer = new ResizeObserver(() => {
      this.#measure();
      changed();
    });
    observer.observe(scroller);
    observer.observe(this.probe);
  }

  /** The first place in view. */
  get top() {
    return Math.floor(this.scroller.scrollTop / this.rowHeight);
  }

  /** How many pixels of it are scrolled out. */
  get offset() {
    return this.scroller.scrollTop - this.top * this.rowHeight;
  }

  /** How many rows can be seen at once, those that are cut included. */
  get count() {
    return Math.ceil((this.#height - this.#headHeight) / this.rowHeight) + 1;
  }

  /** The offset that has a row in the middle. */
  get middle() {
    return -Math.floor((this.#height - this.#headHeight) / 2);
  }

  scrollTo(place, offset = 0) {
    this.scroller.scrollTop = place * this.rowHeight + offset;
  }

  /** Scrolls as little as needed for a row to be seen whole; after the last one comes the end of the list. */
  reveal(place, isLast) {
    const top = place * this.rowHeight, {scrollTop} = this.scroller;
    const room = this.#height - this.#headHeight - this.rowHeight;
    if (top < scrollTop) this.scrollTo(place);
    else if (isLast) this.scroller.scrollTop = this.scroller.scrollHeight;
    else if (top > scrollTop + room) this.scrollTo(place, -room);
  }

  #measure() {
    this.#height = this.scroller.clientHeight;
    this.rowHeight = this.probe.offsetHeight || this.rowHeight;
    this.#headHeight = getComputedStyle(this.head).position === 'sticky' ? this.head.offsetHeight : 0;
  }
}
