// The end of the list: how many older events the server has, and the way to them, by scrolling or by a button.

import {count, plural} from '../core/format.js';
import {byId, mark, say, tell} from './dom.js';

const NEAR = 50;    // rows around the top one, of which one is in both views

export class Older {
  /** @param {{list: List, history: LogHistory, ring: {view: View, hold: Hold}}} parts */
  constructor({list, history, ring}) {
    Object.assign(this, {list, history, ring});
    this.element = byId('older');
    [this.text, this.button] = this.element.children;
    for (const button of [this.button, byId('nomatch-older')]) button.addEventListener('click', () => this.load());
    list.scroller.addEventListener('scroll', () => this.#scrolled(), {passive: true});
  }

  load() {
    if (document.activeElement === this.button) this.list.table.focus({preventScroll: true});    // the button goes
    this.history.older(this.list.top?.ordinal);
  }

  draw() {
    const {start, left, oldest, busy, error} = this.history;
    const older = left ? `${count(left)} older on the server` : '';
    mark(this.element, 'hidden', start === null);
    say(this.text, busy ? 'Loading…' : error ? `They did not come: ${error}.` : older || this.#end(oldest));
    mark(this.button, 'hidden', busy || !left);
    mark(this.button, 'tabindex', this.list.port.isLong && !error ? -1 : null);    // Tab would scroll there, which loads them
    say(this.button, error ? 'Try again' : 'Load older');
    mark(byId('nomatch-older'), 'hidden', !left);
    mark(byId('nomatch-older'), 'disabled', busy);
    say(byId('nomatch-older'), busy ? 'Searching…' : `Search ${older}`);
    tell(byId('on-server'), older);
  }

  /** Makes a change to what can be shown; what is on the screen stays where it is. */
  apply(change) {
    const {list, history, ring} = this, {top, active, selected, view: before} = list;
    change();
    const view = history.view ?? ring.view;
    if (view === before) {
      list.keep(top);
      return;
    }
    const same = (ordinal) => view.store.find(before.store.at(ordinal).position);
    const there = (ordinal) => ordinal === null ? null : same(ordinal);
    let ordinal = null;
    for (let at = top?.ordinal; ordinal === null && at >= before.store.first && at > top.ordinal - NEAR; at -= 1) ordinal = same(at);
    if (history.view || ordinal === null) ring.hold.live();
    if (!history.view) ring.hold.renew();
    if (history.view || ordinal !== null) ring.hold.hold('scrolled');
    list.show(view, history.view ? history : ring.hold, {top: ordinal === null ? null : {...top, ordinal}, active: there(active), selected: there(selected)});
    if (selected !== null) list.hold.hold('detail');
  }

  #end(oldest) {
    if (this.history.replaced) return 'What is older is of a log that was replaced.';
    return oldest > 1 ? `The end: ${plural(oldest - 1, 'older event')} expired on the server.` : 'The log begins here.';
  }

  #scrolled() {
    const {scrollTop, clientHeight, scrollHeight} = this.list.scroller, {moved} = this.list.port;
    if (moved > 0 && scrollTop + 2 * clientHeight > scrollHeight && !this.history.error) this.load();
    if (moved < 0 && scrollTop < clientHeight && this.history.view) this.#newer();
  }

  /** From where all that is on the screen is in the ring, the ring is shown again. */
  #newer() {
    const {list, history} = this, {bottom} = list;
    if (bottom !== null && history.joins(list.view.store.at(bottom).position)) history.leave();
    else history.newer();
  }
}
