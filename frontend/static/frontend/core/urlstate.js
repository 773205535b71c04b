// What the page's address says: read when the page opens, written shortly after it changed. What others put there stays.

const WRITE_MS = 300;    // browsers refuse an address that changes too often

export class UrlState {
  #pending = new Map();
  #timer = 0;

  /** @param {{location?: Location, history?: History}} [page] */
  constructor({location = globalThis.location, history = globalThis.history} = {}) {
    Object.assign(this, {location, history});
  }

  get(key) {
    return new URLSearchParams(this.location.search).get(key) ?? '';
  }

  /** An empty value is none. */
  set(key, value) {
    this.#pending.set(key, value);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), WRITE_MS);
  }

  #write() {
    const url = new URL(this.location.href);
    for (const [key, value] of this.#pending) {
      if (value) url.searchParams.set(key, value);
      else url.searchParams.delete(key);
    }
    this.#pending.clear();
    url.search = url.search.replaceAll('%3A', ':');    // as people write it, and as good
    if (url.href !== this.location.href) this.history.replaceState(this.history.state, '', url);
  }
}
