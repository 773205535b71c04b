// The events that the reader has pinned: where they are in the log, and no more, for what they hold may be personal. Kept
// for the next visit, as long as the log is the same. No DOM.

import {keep, kept} from './kept.js';

const MOST = 20;

/** @typedef {{position: number, id: string, type: string, time: number}} Pin */

export class Pins {
  #epoch = '';
  /** @type {Map<number, Pin>} */
  #pins = new Map();

  /** @param {{name: string}} options of the stream */
  constructor({name}) {
    this.key = `pins:${name}`;
  }

  /** The log is this one now: positions of another mean nothing in it. */
  of(epoch) {
    if (!epoch || epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#pins = new Map();
    this.#read();
  }

  /** @returns {Pin[]} the latest first */
  get all() {
    return [...this.#pins.values()].reverse();
  }

  has(position) {
    return this.#pins.has(position);
  }

  /** @param {Pin} pin @returns {boolean} whether it is pinned now */
  toggle(pin) {
    const had = this.has(pin.position);
    this.#read();
    if (had) this.#pins.delete(pin.position);
    else if (this.#pins.size < MOST) this.#pins.set(pin.position, pin);
    keep(this.key, JSON.stringify({epoch: this.#epoch, pins: [...this.#pins.values()]}));
    return this.has(pin.position);
  }

  /** What other tabs have pinned, too. */
  #read() {
    const {epoch, pins} = read(this.key);
    if (epoch === this.#epoch) this.#pins = new Map(pins.map((pin) => [pin.position, pin]));
  }
}

/** What is kept; nothing where somebody else has written there. */
function read(key) {
  try {
    const {epoch, pins} = JSON.parse(kept(key));
    return {epoch, pins: pins.filter(({position, id, type}) => position > 0 && typeof id === 'string' && typeof type === 'string').slice(0, MOST)};
  } catch {
    return {epoch: '', pins: []};
  }
}
