// The list: newest first, as many elements as fit the window, each showing the event whose ordinal falls to it.
//
// Row i is the entry `end - 1 - i`. Elements are keyed by ordinal modulo the pool, so that an event keeps its element
// while it is visible; while the list holds, `end` is a constant and nothing visible moves.

import {GAP} from '../core/store.js';
import {copyFrom} from './copy.js';
import {byId, mark} from './dom.js';
import {Row} from './row.js';

const SPARE = 4;         // rows drawn beyond either edge, so that a scroll finds them there
const FLASH_RATE = 5;    // events a second, up to which a new row may show that it is new

export class List {
  active = null;      // the ordinal that has, or had, the focus
  selected = null;    // the ordinal that is open in the detail

  #pool = [];
  #rowHeight = 28;
  #headHeight = 28;
  #view = 0;
  #drawnEnd = 0;
  #wanted = null;     // the ordinal to focus once it is drawn

  /**
   * @param {object} parts
   * @param {(ordinal: number) => void} parts.open
   * @param {() => number} parts.rate events per second at the moment
   */
  constructor({store, hold, scheduler, announce, open, rate}) {
    Object.assign(this, {store, hold, scheduler, open, rate});
    this.scroller = byId('list');
    this.table = this.scroller.querySelector('.table');
    this.head = this.scroller.querySelector('.heads');
    this.rows = this.scroller.querySelector('.rows');
    this.probe = new Row();
    this.probe.element.className = 'row probe';
    mark(this.probe.element, 'hidden', false);
    mark(this.probe.element, 'aria-hidden', 'true');
    mark(this.probe.element, 'role', null);
    mark(this.probe.element, 'tabindex', null);
    this.probe.element.replaceChildren();
    this.scroller.append(this.probe.element);

    new ResizeObserver(() => this.#measure()).observe(this.scroller);
    new ResizeObserver(() => this.#measure()).observe(this.probe.element);
    this.scroller.addEventListener('scroll', () => this.#scrolled(), {passive: true});
    this.rows.addEventListener('focusin', ({target}) => this.#focused(target));
    this.rows.addEventListener('focusout', ({relatedTarget}) => {
      // A window that loses the focus keeps its place; it gives it back when it returns.
      if (document.hasFocus() && !this.rows.contains(relatedTarget)) this.hold.release('focus');
    });
    this.rows.addEventListener('click', (event) => this.#clicked(event, announce));
    document.addEventListener('selectionchange', () => this.#selecting());
  }

  /** Follows the newest again. */
  live() {
    if (this.rows.contains(document.activeElement)) this.table.focus({preventScroll: true});
    if (this.rows.contains(getSelection().anchorNode)) getSelection().removeAllRanges();
    this.hold.live();
    this.scroller.scrollTop = 0;
    this.scheduler.now('list');
  }

  select(ordinal) {
    this.selected = ordinal;
    if (ordinal !== null) this.active = ordinal;
    this.scheduler.now('list');
  }

  /** Moves the focus: by rows, by 'page' or '-page', to 'newest' or 'oldest'. */
  move(by, {focus = true} = {}) {
    if (focus) this.hold.hold('focus');
    const newest = this.hold.end - 1, oldest = this.store.first;
    if (newest < oldest) return null;
    const page = Math.max(1, this.#visible - 1);
    const steps = by === 'page' ? page : by === '-page' ? -page : by;
    const inView = newest - Math.floor(this.scroller.scrollTop / this.#rowHeight);
    if (by === 'newest') this.active = newest;
    else if (by === 'oldest') this.active = oldest;
    else if (this.active === null || this.active > newest || this.active < oldest) this.active = Math.max(oldest, inView);
    else this.active = Math.min(newest, Math.max(oldest, this.active - steps));
    this.reveal(this.active);
    if (focus) this.#wanted = this.active;
    return this.active;
  }

  /** Scrolls as little as needed for the row to be seen whole. */
  reveal(ordinal) {
    const top = (this.hold.end - 1 - ordinal) * this.#rowHeight;
    const room = this.#view - this.#headHeight - this.#rowHeight;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top > this.scroller.scrollTop + room) this.scroller.scrollTop = top - room;
    this.scheduler.now('list');
  }

  /** Puts the focus on the active row. */
  focusActive() {
    this.#wanted = this.active;
    this.scheduler.now('list');
  }

  draw() {
    const {store, hold} = this;
    const end = hold.end, total = Math.max(0, end - store.first);
    const height = `${total * this.#rowHeight}px`;
    if (this.rows.style.blockSize !== height) this.rows.style.blockSize = height;
    mark(this.table, 'aria-rowcount', total + 1);
    const top = Math.floor(this.scroller.scrollTop / this.#rowHeight);
    const from = Math.max(0, top - SPARE), to = Math.min(total, top + this.#visible + SPARE);
    const newest = end - 1 - from, oldest = end - to;
    this.#loseFocus(oldest, newest);
    for (const row of this.#pool) {
      if (row.ordinal < oldest || row.ordinal > newest) mark(row.element, 'hidden', true);
    }
    for (let ordinal = newest; ordinal >= oldest; ordinal -= 1) this.#place(ordinal, end - 1 - ordinal);
    this.#giveTabStop(oldest, newest, end - 1 - top);
    this.#drawnEnd = end;
    hold.shown();
    this.#takeFocus();
  }

  get #visible() {
    return Math.ceil((this.#view - this.#headHeight) / this.#rowHeight) + 1;
  }

  #place(ordinal, index) {
    const row = this.#pool[ordinal % this.#pool.length];
    if (row.isGap && row.ordinal === ordinal) row.show(this.store, ordinal);   // until when is known only later
    if (row.ordinal !== ordinal) {
      row.show(this.store, ordinal);
      if (ordinal >= this.#drawnEnd && this.#drawnEnd && !this.hold.held && this.rate() <= FLASH_RATE) mark(row.element, 'data-new', true);
    }
    row.place(index * this.#rowHeight);
    mark(row.element, 'hidden', false);
    mark(row.element, 'aria-rowindex', index + 2);
    mark(row.element, 'aria-selected', ordinal === this.selected ? 'true' : null);
  }

  /** A row about to show another event must not keep the focus meant for the one before. */
  #loseFocus(oldest, newest) {
    const focused = this.#pool.find((row) => row.element.contains(document.activeElement));
    if (focused && (focused.ordinal < oldest || focused.ordinal > newest)) this.table.focus({preventScroll: true});
  }

  /** One row can be reached by Tab: the active one, or else the first in view. */
  #giveTabStop(oldest, newest, first) {
    const stop = this.active !== null && this.active >= oldest && this.active <= newest ? this.active : first;
    for (const row of this.#pool) mark(row.element, 'tabindex', row.ordinal === stop ? 0 : -1);
  }

  #takeFocus() {
    if (this.#wanted === null) return;
    const row = this.#pool[this.#wanted % this.#pool.length];
    if (row.ordinal === this.#wanted && !row.element.hidden) row.element.focus({preventScroll: true});
    this.#wanted = null;
  }

  #measure() {
    this.#view = this.scroller.clientHeight;
    this.#rowHeight = this.probe.element.offsetHeight || this.#rowHeight;
    this.#headHeight = getComputedStyle(this.head).position === 'sticky' ? this.head.offsetHeight : 0;
    const size = this.#visible + 2 * SPARE + 1;
    if (size > this.#pool.length) {
      this.#pool = Array.from({length: size}, () => new Row());
      this.rows.replaceChildren(...this.#pool.map((row) => row.element));
    }
    this.scheduler.now('list');
  }

  #scrolled() {
    if (this.scroller.scrollTop > 0) this.hold.hold('scrolled');
    else this.hold.release('scrolled');
    this.scheduler.now('list');
  }

  #rowOf(target) {
    const element = target.closest('.row');
    return this.#pool.find((row) => row.element === element);
  }

  #focused(target) {
    this.active = this.#rowOf(target)?.ordinal ?? this.active;
    this.hold.hold('focus');
  }

  #clicked({target}, announce) {
    const row = this.#rowOf(target);
    if (!row) return;
    const button = target.closest('[data-copy]');
    if (button) copyFrom(button, this.store.at(row.ordinal).line, announce);
    else if (getSelection().isCollapsed && this.store.at(row.ordinal).kind !== GAP) this.open(row.ordinal);
  }

  #selecting() {
    const selection = getSelection();
    if (!selection.isCollapsed && this.rows.contains(selection.anchorNode)) this.hold.hold('selection');
    else this.hold.release('selection');
  }
}
