// One frame loop for the whole page: what changed is marked, and drawn once in the next frame.

const CALM = 250;   // ms between drawings of what may wait: text that changes more often cannot be read

export class Scheduler {
  #tasks = new Map();
  #asked = false;
  #timer = 0;

  /** @param {{frame?: (act: (now: number) => void) => void}} [options] */
  constructor({frame = (act) => requestAnimationFrame(act)} = {}) {
    this.frame = frame;
  }

  /**
   * @param {string} name
   * @param {() => void} draw
   * @param {() => boolean} [waits] whether four times a second are enough at the moment
   */
  add(name, draw, waits = () => false) {
    this.#tasks.set(name, {draw, waits, due: false, last: -Infinity});
  }

  /** Draws it in the next frame, or when its pause is over. */
  mark(name) {
    this.#tasks.get(name).due = true;
    this.#ask();
  }

  /** Draws it in the next frame, whatever its pause. */
  now(name) {
    this.#tasks.get(name).last = -Infinity;
    this.mark(name);
  }

  #ask() {
    if (this.#asked) return;
    this.#asked = true;
    this.frame((now) => this.#run(now));
  }

  #run(now) {
    this.#asked = false;
    let wait = Infinity;
    for (const task of this.#tasks.values()) {
      if (!task.due) continue;
      const left = task.waits() ? CALM - (now - task.last) : 0;
      if (left > 0) {
        wait = Math.min(wait, left);
        continue;
      }
      task.due = false;
      task.last = now;
      task.draw();
    }
    if (wait === Infinity || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#ask();
    }, wait);
  }
}
