// How many events a second, of all, of those that failed and of each type, over the last two minutes: counts of whole seconds. No DOM.
//
// Times are milliseconds since 1970. What the server sends live counts when it comes; what it sends again, when it was.

import {hue} from './format.js';

export const SECONDS = 120;

const RING = SECONDS + 1;    // and the second that is filling
const SUM = RING;            // the place of their sum, after all of them
const LATELY = 4;            // seconds that the rate of now is taken over
const MINUTE = 60;
const FAST = 2, SLOW = 1;    // events a second from which on, and below which, they are told by the second and the minute
const FEW = 45;              // events a minute, below which there is nothing to tell of a second
const TYPES = 64;            // counted apart; the others only in the whole
const HUES = 6;              // types that have a colour of their own
const SETTLED = 5000;        // ms for which the order stays as it is, unless there is a new type
const REST = 6;

/** @typedef {{type: string, rate: number, minute: number, seconds: number[]}} Series */
/** @typedef {{rate: number, minute: number, slow: boolean}} Pace events a second, in the last minute, and which of both tells more */

export class Rates {
  /** Types by how much there is of each, as of the last `settle`. */
  order = [];

  #all = new Uint32Array(RING + 1);
  #failed = new Uint32Array(RING + 1);
  #types = new Map();
  #second = 0;
  #settledAt = 0;
  #grown = false;
  #slow = true;

  /** @param {string} type @param {number} at when it happened @param {number} now */
  add(type, at, now) {
    this.#advance(now);
    const second = Math.floor(at / 1000), counts = this.#isOfNow(second);
    if (type && !this.#types.has(type) && this.#makeRoom(counts)) {
      this.#types.set(type, new Uint32Array(RING + 1));
      this.order.push(type);
    }
    if (!counts) return;
    for (const each of [this.#all, this.#types.get(type)]) if (each) count(each, second);
  }

  /** An event of which a receiver raised. @param {number} at when @param {number} now */
  fail(at, now) {
    this.#advance(now);
    const second = Math.floor(at / 1000);
    if (this.#isOfNow(second)) count(this.#failed, second);
  }

  /** Events that failed, second by second, the oldest first. @returns {number[]} */
  failed(now) {
    this.#advance(now);
    return this.#seconds(this.#failed);
  }

  /** How many failed in the last two minutes, and this second. */
  failures(now) {
    this.#advance(now);
    return this.#failed[SUM];
  }

  /** Events that failed, per second. */
  failing(now) {
    this.#advance(now);
    return this.#rate(this.#failed);
  }

  /** Events per second. */
  rate(now) {
    this.#advance(now);
    return this.#rate(this.#all);
  }

  /** How often events come; between a few a minute and some a second it is told as it was before. @returns {Pace} */
  pace(now) {
    const rate = this.rate(now), minute = this.#minute(this.#all);
    if (rate >= FAST || minute >= MINUTE) this.#slow = false;
    else if (rate < SLOW && minute < FEW) this.#slow = true;
    return {rate, minute, slow: this.#slow};
  }

  /** All events, second by second, the oldest first. @returns {number[]} */
  all(now) {
    this.#advance(now);
    return this.#seconds(this.#all);
  }

  /** The types in their order. @returns {Series[]} */
  types(now) {
    this.#advance(now);
    return this.order.map((type) => {
      const counts = this.#types.get(type);
      return {type, rate: this.#rate(counts), minute: this.#minute(counts), seconds: this.#seconds(counts)};
    });
  }

  /** Orders the types anew, if it is time. @returns {boolean} whether colours may have changed */
  settle(now) {
    if (now - this.#settledAt < SETTLED && !this.#grown) return false;
    this.#settledAt = now;
    this.#grown = false;
    this.#advance(now);
    const sumOf = (type) => this.#types.get(type)[SUM];
    const before = this.order.slice(0, HUES).sort().join();
    this.order.sort((a, b) => sumOf(b) - sumOf(a) || (a < b ? -1 : 1));
    return before !== this.order.slice(0, HUES).sort().join();
  }

  /** The colour of a type: its own among the most frequent, else that of the rest. */
  hue(type) {
    return this.order.length <= HUES || this.order.slice(0, HUES).includes(type) ? hue(type) : REST;
  }

  #rate(counts) {
    let sum = 0;
    for (let ago = 1; ago <= LATELY; ago += 1) sum += counts[(this.#second - ago) % RING];
    return sum / LATELY;
  }

  /** With the second that is filling, so that one event is seen at once. */
  #minute(counts) {
    let sum = 0;
    for (let ago = 0; ago < MINUTE; ago += 1) sum += counts[(this.#second - ago + RING) % RING];
    return sum;
  }

  #seconds(counts) {
    return Array.from({length: SECONDS}, (_, i) => counts[(this.#second - SECONDS + i) % RING]);
  }

  /** Whether the last two minutes have this second. */
  #isOfNow(second) {
    return second <= this.#second && second > this.#second - RING;
  }

  /** Where there are too many types, lets one go of which there was least: for one of long ago only if that is none. */
  #makeRoom(counts) {
    let least = 0;
    if (this.#types.size === TYPES) {
      const sums = this.order.map((type) => this.#types.get(type)[SUM]);
      least = Math.min(...sums);
      if (least && !counts) return false;
      this.#types.delete(this.order.splice(sums.indexOf(least), 1)[0]);
    }
    this.#grown ||= !least;    // else the order would never be settled
    return true;
  }

  #advance(now) {
    const second = Math.floor(now / 1000);
    if (second < this.#second - RING) this.#second = 0;    // the clock was put back: what was counted is of no time now
    for (let at = Math.max(this.#second + 1, second - RING + 1); at <= second; at += 1) {
      for (const counts of [this.#all, this.#failed, ...this.#types.values()]) {
        counts[SUM] -= counts[at % RING];
        counts[at % RING] = 0;
      }
    }
    this.#second = Math.max(this.#second, second);
  }
}

function count(counts, second) {
  counts[second % RING] += 1;
  counts[SUM] += 1;
}
