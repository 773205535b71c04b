// Asks an address again every few seconds while the page is seen; one question at a time, and fewer where there is no answer.

const EVERY_MS = 5000;
const MOST_MS = 60_000;
const PATIENCE_MS = 30_000;
const FINAL = [401, 403, 404];    // asking again would not help

export class Poll {
  #timer = 0;
  #asking = false;
  #failures = 0;
  #isOver = false;

  /**
   * @param {{url: string, heard: (told: any) => void, lost: (why: {status: number, wait: number}) => void}} parts
   * `status` is 0 where nobody answers, `wait` the milliseconds until it is asked again, 0 where it is not
   */
  constructor({url, heard, lost}) {
    this.url = url;
    this.heard = heard;
    this.lost = lost;
  }

  start() {
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) clearTimeout(this.#timer);
      else this.ask();
    });
    addEventListener('online', () => this.ask());
    this.ask();
  }

  async ask() {
    if (this.#asking || this.#isOver) return;
    clearTimeout(this.#timer);
    this.#asking = true;
    const {told, status} = await this.#answer();
    this.#asking = false;
    this.#failures = told ? 0 : this.#failures + 1;
    this.#isOver = FINAL.includes(status);
    const wait = told ? EVERY_MS : Math.min(MOST_MS, EVERY_MS * 2 ** (this.#failures - 1));
    if (!document.hidden && !this.#isOver) this.#timer = setTimeout(() => this.ask(), wait);
    if (told) this.heard(told);
    else this.lost({status, wait: this.#isOver ? 0 : wait});
  }

  async #answer() {
    try {
      const answer = await fetch(this.url, {headers: {Accept: 'application/json'}, cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS)});
      return {told: answer.ok ? await answer.json() : null, status: answer.status};
    } catch {
      return {told: null, status: 0};
    }
  }
}
