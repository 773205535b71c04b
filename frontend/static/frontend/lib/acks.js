// When to acknowledge: at half of what the server leaves unacknowledged, or a quarter of a second after the first.

const DELAY_MS = 250;
const BYTES = 512 * 1024;   // half of the server's 1 MiB

export class Acks {
  #events = 0;
  #bytes = 0;

  /** @param {Timers} timers @param {() => void} send says to the server where we are */
  constructor(timers, send) {
    this.timers = timers;
    this.send = send;
  }

  /** Events that are stored now; `window` is how many the server leaves unacknowledged. */
  owe(events, bytes, window) {
    this.#events += events;
    this.#bytes += bytes;
    if (this.#events >= window / 2 || this.#bytes >= BYTES) this.#pay();
    else if (!this.timers.has('ack')) this.timers.set('ack', DELAY_MS, () => this.#pay());
  }

  #pay() {
    this.#events = this.#bytes = 0;
    this.timers.clear('ack');
    this.send();
  }
}
