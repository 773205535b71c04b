// What is learnt of events after they came, taken in: into the stores that hold them, and into the counts. No DOM.

import {read} from './line.js';
import {TOLD, keyOf} from './reactions.js';

const GHOSTS = 1000;    // that are known again when they are told twice

export class Notes {
  #ghosts = new Set();

  /**
   * @param {object} parts
   * @param {Store} parts.store the ring
   * @param {() => Store} parts.shown what the list shows, which may be another
   * @param {Rates} parts.rates
   * @param {Receivers} parts.receivers
   * @param {(position: number) => boolean} parts.isLive whether an event has just happened
   * @param {() => number} [parts.now]
   */
  constructor({store, shown, rates, receivers, isLive, now = Date.now}) {
    Object.assign(this, {store, shown, rates, receivers, isLive, now});
  }

  /** @param {string[]} lines of a reactions frame @returns {Set<number>} of what the list shows, the ordinals of which more is known */
  take(lines) {
    const shown = this.shown(), ordinals = new Set();
    for (const line of lines) {
      const learnt = this.store.update(line);
      if (learnt) this.#count(learnt);
      const there = shown === this.store ? learnt : shown.update(line);
      if (there) ordinals.add(there.ordinal);
    }
    return ordinals;
  }

  /**
   * Events that were rolled back, each once and at its time. One hears of them later than of those that were kept, so
   * others may have to make room.
   * @param {string[]} lines of a ghosts frame
   * @param {number} floor the ordinal before which nothing may move
   * @param {(ordinal: number) => void} moved one came in at this ordinal, before others
   */
  takeGhosts(lines, floor, moved) {
    for (const line of lines) {
      const id = read(line)?.id;
      if (this.#ghosts.has(id)) continue;
      if (id !== undefined) this.#ghosts.add(id);
      if (this.#ghosts.size > GHOSTS) this.#ghosts.delete(this.#ghosts.values().next().value);
      const ordinal = this.store.pushGhost(line, floor);
      if (ordinal !== null && ordinal < this.store.next - 1) moved(ordinal);
    }
  }

  /** Each receiver once, and an event that failed too, however often it is told. */
  #count({ordinal, before, told}) {
    const counted = new Set(before?.reactions.map(keyOf));
    for (const one of told.reactions) if (!counted.has(keyOf(one))) this.receivers.add(one);
    const {position, time, nerr} = this.store.at(ordinal), now = this.now();
    if (told.state === TOLD && nerr && !before?.reactions.some(({outcome}) => outcome === 'raised')) this.rates.fail(this.isLive(position) ? now : time, now);
  }
}
