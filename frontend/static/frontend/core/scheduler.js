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
   * @param {() => boolean} [waits] whether four times a second are enough at the moment, and a frame later is soon enough
   */
  add(name, draw, waits = () => false) {
    this.#tasks.set(name, {draw, waits, due: false, passed: false, last: -Infinity});
  }

  /** Draws it in the next frame, or when its pause is over. */
  mark(name) {
    const task = this.#tasks.get(name);
    if (task.due) return;    // a frame is asked for, or it waits for the end of its pause
    task.due = true;
    this.#ask();
  }

  /** Draws it in the next frame, whatever its pause. */
  now(name) {
    Object.assign(this.#tasks.get(name), {due: true, last: -Infinity});
    this.#ask();
  }

  #ask() {
    if (this.#asked) return;
    this.#asked = true;
    this.frame((now) => this.#run(now));
  }

  #run(now) {
    const left = (task) => (task.waits() ? CALM - (now - task.last) : 0);
    let drawn = false;
    try {
      for (const task of this.#tasks.values()) {
        if (!task.due || left(task) > 0) continue;
        task.passed = drawn && !task.passed && task.waits();    // a frame is short for both
        if (task.passed) continue;
        drawn = true;
        task.due = false;
        task.last = now;
        task.draw();
      }
    } finally {    // what one of them throws keeps nothing else from being drawn
      this.#asked = false;
      const wait = Math.min(Infinity, ...[...this.#tasks.values()].filter(({due}) => due).map(left));
      if (wait <= 0) this.#ask();    // marked meanwhile
      else if (wait < Infinity && !this.#timer) this.#sleep(wait);
    }
  }

  #sleep(ms) {
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#ask();
    }, ms);
  }
}
