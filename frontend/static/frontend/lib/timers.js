// Timers by name: setting one again replaces it, and whoever ends clears them all.

export class Timers {
  #running = new Map();

  set(name, ms, act) {
    this.clear(name);
    this.#running.set(name, setTimeout(() => {
      this.#running.delete(name);
      act();
    }, ms));
  }

  has(name) {
    return this.#running.has(name);
  }

  clear(name) {
    clearTimeout(this.#running.get(name));
    this.#running.delete(name);
  }

  clearAll() {
    for (const name of [...this.#running.keys()]) this.clear(name);
  }
}
