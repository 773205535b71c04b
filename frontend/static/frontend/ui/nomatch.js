// What stands in the place of the rows when a filter finds none: what was searched, and how far back.

import {plural, shortTime} from '../core/format.js';
import {byId, mark, say} from './dom.js';

export class NoMatch {
  /** @param {{list: List, bar: FilterBar}} parts */
  constructor({list, bar}) {
    Object.assign(this, {list, bar});
    this.element = byId('nomatch');
    byId('nomatch-clear').addEventListener('click', () => bar.clear());
  }

  get shown() {
    return !this.element.hidden;
  }

  draw() {
    const {view, hold} = this.list, {store} = view;
    const rows = view.rankOf(hold.end) - view.first;
    const shown = view.filtered && view.done && store.size > 0 && (!view.events || rows <= 0);
    mark(this.element, 'hidden', !shown);
    mark(this.list.scroller, 'data-none', shown && rows <= 0);    // a gap is shown whatever is looked for
    if (!shown) return;
    const {error} = this.bar;
    say(byId('nomatch-title'), error ? 'The filter cannot be read' : 'No held event matches');
    const held = store.events - store.dropped, oldest = store.timeNear(store.first, 1);
    const back = Number.isNaN(oldest) ? '' : `, back to ${shortTime(oldest)}`;
    say(byId('nomatch-text'), error || `Searched ${plural(held, 'held event')}${back}. ${view.events ? `${plural(view.events, 'newer event')} ${view.events === 1 ? 'matches' : 'match'}, beyond where this holds.` : 'New matches will appear here.'}`);
  }
}
