// How long to wait before the next try: full jitter, so that a thousand clients do not come back at once.

export class Backoff {
  #tries = 0;

  /** @param {{base?: number, cap?: number, random?: () => number}} [options] base and cap in milliseconds */
  constructor({base = 250, cap = 15000, random = Math.random} = {}) {
    this.base = base;
    this.cap = cap;
    this.random = random;
  }

  /** Milliseconds: uniform in [0, min(cap, base × 2ⁿ)), n being the tries since the last reset. */
  next() {
    // 2 ** 30 is beyond any cap, and short of what overflows.
    const most = Math.min(this.cap, this.base * 2 ** Math.min(this.#tries, 30));
    this.#tries += 1;
    return this.random() * most;
  }

  reset() {
    this.#tries = 0;
  }
}
