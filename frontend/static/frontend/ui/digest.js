// What a screen reader is told of the events themselves, if its reader asked for it: that receivers failed, at most every
// five seconds, or a summary of the last thirty. Never every event.

import {plural} from '../core/format.js';

const FAILURES_MS = 5000;
const SUMMARY_MS = 30000;

export class Digest {
  #at = 0;          // when something was told, or the reader chose
  #events = 0;      // that had come by then
  #failed = 0;
  #mode = '';

  /** @param {{store: Store, announce: (text: string) => void, wanted: () => string, now?: () => number}} parts */
  constructor({store, announce, wanted, now = () => performance.now()}) {
    Object.assign(this, {store, announce, wanted, now});
  }

  /** Called now and then: says what is due. */
  speak() {
    const mode = this.wanted();
    if (mode !== this.#mode) this.#begin(mode);
    const wait = mode === 'summary' ? SUMMARY_MS : mode === 'failures' ? FAILURES_MS : Infinity;
    if (this.now() - this.#at < wait) return;
    const events = this.store.events - this.#events, failed = Math.max(0, this.store.failed - this.#failed);
    if (mode === 'summary' && events) this.announce(`${plural(events, 'event')}, ${failed} failed`, 'digest');
    if (mode === 'failures' && failed) this.announce(`Receivers failed for ${plural(failed, 'event')}`, 'digest');
    this.#begin(mode);
  }

  #begin(mode) {
    this.#mode = mode;
    this.#at = this.now();
    this.#events = this.store.events;
    this.#failed = this.store.failed;
  }
}
