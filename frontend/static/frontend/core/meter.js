// How many events a second, over the last few seconds. No DOM.

const SLOT = 500;    // ms
const SLOTS = 8;     // four seconds: long enough to be steady, short enough to be now

export class Meter {
  #slots = new Float64Array(SLOTS);
  #at = 0;

  add(n, now) {
    this.#advance(now);
    this.#slots[this.#at % SLOTS] += n;
  }

  /** Events per second; the slot that is still filling counts only once it is full. */
  rate(now) {
    this.#advance(now);
    let sum = 0;
    for (let slot = 1; slot < SLOTS; slot += 1) sum += this.#slots[(this.#at + slot) % SLOTS];
    return sum / ((SLOTS - 1) * SLOT / 1000);
  }

  #advance(now) {
    const at = Math.floor(now / SLOT);
    for (let slot = Math.max(this.#at + 1, at - SLOTS + 1); slot <= at; slot += 1) this.#slots[slot % SLOTS] = 0;
    this.#at = Math.max(this.#at, at);
  }
}
