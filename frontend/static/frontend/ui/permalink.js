// The open event in the address: `?at=` and its position. To open one is a step of the browser's history: Back closes it.

export class Permalink {
  #isStep = Boolean(history.state?.open);    // closing it goes back a step
  #leaving = false;
  #next = null;      // opened while the step back was not done

  /** @param {UrlState} address */
  constructor(address) {
    this.address = address;
  }

  /** The address of the event at a position. */
  static to(position) {
    const url = new URL(location.href);
    url.search = `?at=${position}`;
    return url.href;
  }

  /** What the address asks for; empty for nothing. */
  get asked() {
    return this.address.get('at');
  }

  /** An event was opened where none was. @param {number} position NaN for one that has none */
  open(position) {
    if (this.#leaving) {
      this.#next = position;
      return;
    }
    if (this.asked !== String(position)) {
      history.pushState({open: true}, '');
      this.#isStep = true;
    }
    this.move(position);
  }

  /** Another one is open now. */
  move(position) {
    this.address.set('at', Number.isNaN(position) ? '' : String(position));
  }

  close() {
    this.address.set('at', '');
    this.#leaving = this.#isStep;
    if (this.#isStep) history.back();
    this.#isStep = false;
  }

  /** The browser went a step back or forward. @returns {boolean} whether that was to close an event */
  popped(state) {
    const ours = this.#leaving, next = this.#next;
    this.#isStep = Boolean(state?.open);
    this.#leaving = false;
    this.#next = null;
    if (next !== null) this.open(next);
    return ours;
  }
}
