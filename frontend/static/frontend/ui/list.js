// The list: a view, newest first, as many elements as fit the window, each showing the match whose rank falls to it.
//
// Row i is the match `end - 1 - i`. Elements are keyed by rank modulo the pool, so that an event keeps its element
// while it is visible; while the list holds, `end` is a constant and nothing visible moves.

import {Anchor} from './anchor.js';
import {byId, mark} from './dom.js';
import {Hands} from './hands.js';
import {Pool} from './pool.js';
import {Roving} from './roving.js';
import {Viewport} from './viewport.js';

const SPARE = 4;         // rows drawn beyond either edge, so that a scroll finds them there
const FLASH_RATE = 5;    // events a second, up to which a new row may show that it is new
const ENOUGH = 100;      // ms of searching, before what shall stay on the screen would move

export class List {
  selected = null;    // the ordinal that is open in the detail

  #drawnEnd = 0;
  #anchor = new Anchor();
  #matches = null;
  #searching = false;
  #isNew = false;         // whether the reader asked for other rows
  #learnt = new Set();    // the ordinals of which more is known than their rows say

  /**
   * @param {object} parts
   * @param {View} parts.view
   * @param {Hold} parts.hold
   * @param {FrameScheduler} parts.scheduler which draws 'list', then 'focus'
   * @param {(text: string) => void} parts.announce
   * @param {(ordinal: number) => void} parts.open
   * @param {() => number} parts.rate events per second at the moment
   * @param {(type: string) => number} parts.hue the colour of a type
   */
  constructor({view, hold, scheduler, announce, open, rate, hue}) {
    Object.assign(this, {view, hold, scheduler, rate});
    this.scroller = byId('list');
    this.table = this.scroller.querySelector('.table');
    this.rows = this.scroller.querySelector('.rows');
    this.pool = new Pool(this.rows, hue);
    this.focus = new Roving(this.pool, this.table);
    this.hands = new Hands(this, {open, announce});
    this.port = new Viewport(this.scroller, {resized: (top) => this.#resized(top), scrolled: () => this.#scrolled()});
    this.#grow();    // events may come before the first frame, and the browser tells of sizes after it only
  }

  /** Shows another view, held by a hold of its own, at its newest or at `top`; what is looked for stays the same. */
  show(view, hold, {top = null, active = null, selected = null} = {}) {
    const {isInside} = this.focus;
    if (view.filtered || this.#matches) view.filter(this.#matches);
    if (top) view.catchUp(ENOUGH);
    Object.assign(this, {view, hold, selected});
    this.focus.active = active;
    this.#renew();
    if (top) this.#anchor.set(top);
    else this.port.scrollTo(0);
    if (isInside) this.focusActive();
  }

  /** What is at the top of the window: an entry, and how many pixels of it are scrolled out. Null while nothing is drawn. */
  get top() {
    return this.#drawnEnd > this.view.first ? {ordinal: this.#ordinalAt(this.port.top), offset: this.port.offset} : null;
  }

  /** The entry at its bottom. */
  get bottom() {
    return this.#drawnEnd > this.view.first ? this.#ordinalAt(this.port.top + this.port.count) : null;
  }

  /** Leaves there what is at the top of the window, whatever comes before it. */
  keep(top) {
    this.#anchor.keep(top);
    this.scheduler.now('list');
  }

  /** Scrolls an entry into the middle. */
  centre(ordinal) {
    this.#anchor.set({ordinal, offset: this.port.middle});
    this.scheduler.now('list');
  }

  /** Shows only what matches; null shows everything. The event at the top of the window stays there, if it can. */
  filter(matches) {
    const anchor = this.port.top === 0 ? null : this.top;
    this.#matches = matches;
    this.view.filter(matches);
    this.hold.keep();
    this.#renew();
    this.#anchor.set(anchor);
  }

  /** More is known of these entries: it may bring them in, or take them out; what is at the top of the window stays. */
  learn(ordinals) {
    const {top} = this;
    let moved = false;
    for (const ordinal of ordinals) {
      moved = this.view.recheck(ordinal) || moved;
      this.#learnt.add(ordinal);
    }
    if (moved) this.#shift(top);
    if (ordinals.size) this.scheduler.mark('list');
  }

  /** An entry came in between, above all that is held: those from its ordinal on have the next higher one. */
  shift(ordinal) {
    this.view.shift(ordinal);
    this.hold.shift(ordinal);
    if (this.selected !== null && this.selected >= ordinal) this.selected += 1;
    this.focus.shift(ordinal);
    this.pool.forget();
    this.scheduler.mark('list');
  }

  #shift(top) {
    if (this.hold.held || this.port.top > 0) this.#anchor.keep(top);
    this.scheduler.now('status');
  }

  /** Draws every row anew: the types have other colours, or what came before is of another log. */
  redraw() {
    this.pool.forget();
    this.scheduler.now('list');
  }

  /** Follows the newest again. */
  live() {
    this.focus.leave();
    this.hands.deselect();
    this.hold.live();
    this.#anchor.set(null);
    this.port.scrollTo(0);
    this.#isNew = true;
    this.scheduler.now('list');
  }

  select(ordinal) {
    this.selected = ordinal;
    if (ordinal !== null) this.focus.active = ordinal;
    this.scheduler.now('list');
  }

  /** Moves the focus, or only what is active: by rows, by 'page' or '-page', to 'newest' or 'oldest'. */
  move(by, {focus = true} = {}) {
    if (focus) this.hold.hold('focus');
    const {view} = this, newest = this.#end - 1;
    if (newest < view.first) return null;
    this.focus.step(by, {view, newest, top: newest - this.port.top, page: Math.max(1, this.port.count - 1)});
    this.reveal(this.active);
    if (focus) this.focusActive();
    return this.active;
  }

  /** The ordinal that has, or had, the focus. */
  get active() {
    return this.focus.active;
  }

  /** Scrolls as little as needed for the row to be seen whole. */
  reveal(ordinal) {
    const rank = this.view.rankOf(ordinal);
    if (this.view.at(rank) !== ordinal) return;
    this.port.reveal(this.#end - 1 - rank, rank === this.view.first);
    this.scheduler.now('list');
  }

  /** Puts the focus on the active row. */
  focusActive() {
    this.focus.focus();
    this.scheduler.now('list');
  }

  /** Copies the event of the active row, or a link to it. @param {'event'|'link'} what */
  copy(what) {
    this.pool.showing(this.active)?.element.querySelector(`[data-copy=${what}]:not([hidden])`)?.click();
  }

  draw() {
    const {view, hold} = this;
    this.#search();
    const end = this.#end, total = Math.max(0, end - view.first);
    this.port.fill(total);
    mark(this.table, 'aria-rowcount', total + 1);
    this.#anchor.settle(view, end, this.port);
    const {top, count} = this.port;
    const from = Math.max(0, top - SPARE), to = Math.min(total, top + count + SPARE);
    const newest = end - 1 - from, oldest = end - to;
    this.focus.before(oldest, newest);
    let changed = 0;
    for (let rank = newest; rank >= oldest; rank -= 1) changed += Number(this.#place(rank, end - 1 - rank));
    this.pool.keep(oldest, newest);
    this.#spread(changed, end - 1 - top);
    this.#drawnEnd = end;
    this.#learnt.clear();
    hold.shown();
    const active = this.active === null ? -1 : view.rankOf(this.active);
    this.focus.stop = active >= oldest && active <= newest ? active : end - 1 - top;
    this.scheduler.mark('focus');
  }

  /** Lays out more of what one frame is too short for. */
  rest() {
    const {stripes} = this.pool;
    stripes.next();
    if (stripes.isWaiting) this.scheduler.now('rest');
  }

  /** The list becomes wider, or less wide. */
  keepWidth() {
    this.pool.stripes.keepWidth(this.port.width);
    this.scheduler.now('list');
  }

  /** One past the rank of the newest match that is shown. */
  get #end() {
    return this.view.rankOf(this.hold.end);
  }

  /** Takes in what is new; a search that needs longer goes on in the next frame. */
  #search() {
    const done = this.view.catchUp();
    if (!done) this.scheduler.now('list');
    else if (this.#searching) this.scheduler.now('status');    // which says what was found
    this.#searching = !done;
  }

  /** No row is what it was. */
  #renew() {
    this.focus.leave();
    this.#anchor.set(null);
    this.#drawnEnd = 0;
    this.#isNew = true;
    this.pool.forget();
    this.scheduler.now('list');
  }

  /** The entry that was drawn at a place from the top. */
  #ordinalAt(place) {
    return this.view.at(Math.max(this.view.first, this.#drawnEnd - 1 - place));
  }

  #place(rank, index) {
    const {store} = this.view, ordinal = this.view.at(rank);
    const row = this.pool.at(rank), changed = row.ordinal !== ordinal;
    row.rank = rank;
    if (row.isGap && row.ordinal === ordinal) row.show(store, ordinal);   // until when is known only later
    if (changed) {
      row.show(store, ordinal);
      if (rank >= this.#drawnEnd && this.#drawnEnd > this.view.first && !this.hold.held && this.rate() <= FLASH_RATE) mark(row.element, 'data-new', true);
    }
    if (this.#learnt.has(ordinal)) row.tell(store);
    row.place(index * this.port.rowHeight);
    mark(row.element, 'hidden', false);
    mark(row.element, 'aria-rowindex', index + 2);
    mark(row.element, 'aria-selected', ordinal === this.selected ? 'true' : null);
    return changed;
  }

  /** Leaves to the next frames what this one is too short for. */
  #spread(changed, top) {
    const {stripes} = this.pool;
    if (this.#isNew && changed > this.port.count / 2) stripes.blank(this.pool.at(top).element);
    if (changed) this.#isNew = false;
    if (stripes.isWaiting) this.scheduler.now('rest');
  }

  /** @param {number|null} top the first place in view, where rows have another height now */
  #resized(top) {
    if (top !== null) this.#stay(top);
    this.#grow();
    this.scheduler.now('list');
  }

  /** Rows are higher now, or less high: what is open stays on the screen, and else what was on top; not the newest, which is followed. */
  #stay(top) {
    if (!this.#drawnEnd) return;
    if (this.selected !== null) this.centre(this.selected);
    else if (top > 0) this.#anchor.keep({ordinal: this.#ordinalAt(top), offset: 0});
  }

  #grow() {
    this.pool.grow(this.port.count + 2 * SPARE + 1);
  }

  #scrolled() {
    this.hands.scrolled();
    this.scheduler.now('list');
  }
}
