// The strip above the list, always there: following, holding and how many are new, or nothing new and since when.

import {count, shortTime, time} from '../core/format.js';
import {byId, h, icon, mark, say, swapIcon} from './dom.js';

const TITLE = document.title;

export class Strip {
  #told = null;
  #failed = 0;

  /** @param {{stream: EventStream, store: Store, hold: Hold, history: LogHistory, announce: (text: string) => void, live: () => void, failed: () => number}} parts `failed` is how many events did lately */
  constructor({stream, store, hold, history, announce, live, failed}) {
    Object.assign(this, {stream, store, hold, history, announce, live, failed});
    this.element = byId('strip');
    this.text = this.element.querySelector('.strip__text');
    this.pause = byId('pause');
    this.pause.addEventListener('click', () => this.toggle());
    byId('newest').addEventListener('click', () => {
      live();
      document.querySelector('[role=grid]').focus({preventScroll: true});    // the button goes
    });
  }

  /** Holds for good, or lets go. */
  toggle() {
    if (this.hold.held) this.live();
    else this.hold.hold('paused');
  }

  draw() {
    const {held} = this.hold;
    const lost = !held && !['connecting', 'live', 'catching-up'].includes(this.stream.name);
    mark(this.element, 'data-held', held);
    mark(this.element, 'data-warn', lost);
    mark(byId('newest'), 'hidden', !held);
    say(this.pause.querySelector('span'), held ? 'Resume' : 'Pause');
    swapIcon(this.pause.querySelector('svg'), held ? 'i-play' : 'i-pause');
    this.#entitle(held);
    const past = this.history.view?.store, {view} = this.history.ring, fresh = `${count(this.hold.fresh)} new`;
    say(byId('newest').querySelector('span'), past ? 'Back to live' : 'Show newest');
    if (past) this.#write(icon('i-pause'), `History, ${count(past.first)} to ${count(past.next - 1)}`, fresh);
    else if (held) this.#write(icon('i-pause'), `Holding${this.#at(this.hold.head, time)}`, view.filtered && this.hold.fresh ? `${count(view.since(this.hold.head))} of ${fresh}` : fresh);
    else if (lost) this.#write(null, this.#since(), null, this.#promise());
    else this.#write(null, 'Following the newest.', null, 'Scroll down or press Space to hold.');
    const state = past ? 'Showing older events' : held ? 'Holding' : 'Following the newest';
    if (this.#told !== null && this.#told !== state) this.announce(state, 'hold');
    this.#told = state;
  }

  /** Called less often than `draw`: a title that changes costs more than all the strip. */
  countFailed() {
    this.#failed = this.failed();
  }

  #entitle(held) {
    const title = `${held ? '⏸ ' : ''}${this.#failed ? `(${count(this.#failed)}✕) ` : ''}${TITLE}`;
    if (document.title !== title) document.title = title;
  }

  #at(end, format) {
    const newest = this.store.timeNear(end - 1, -1);
    return Number.isNaN(newest) ? '' : ` at ${format(newest)}`;
  }

  #since() {
    const newest = this.#at(this.store.next, shortTime).replace(' at ', '');
    return newest ? `Nothing new since ${newest}.` : 'Nothing yet.';
  }

  /** What will become of the events meanwhile, where that is known. */
  #promise() {
    const {name, position} = this.stream;
    if (name === 'refused') return null;
    return position === null ? null : `Events are kept on the server; this page resumes after ${count(position - 1)}.`;
  }

  #write(picture, text, strong, hint = null) {
    if (this.text.textContent === text + (strong ?? '') + (hint ?? '')) return;
    this.text.replaceChildren(...[picture, h('span', {}, text), strong && h('b', {}, strong), hint && h('span', {class: 'strip__hint'}, hint)].filter(Boolean));
  }
}
