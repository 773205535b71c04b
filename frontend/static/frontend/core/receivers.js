// How the receivers do, over all that this page was told: runs, failures, durations. Bounded. No DOM.

const MOST = 200;         // receivers that are counted apart; the others not at all
const DURATIONS = 256;    // the newest durations of each, of which the quantiles are

/** @typedef {{receiver: string, source: string, runs: number, failures: number, rate: number, p50: number, p95: number}} Standing */

export class Receivers {
  #by = new Map();

  /** One run of a receiver. What was not run is none. @param {Reaction} reaction */
  add({receiver, source, outcome, ms}) {
    if (outcome !== 'ok' && outcome !== 'raised' && outcome !== 'cancelled') return;
    let seen = this.#by.get(receiver);
    if (!seen) {
      if (this.#by.size === MOST) return;
      seen = {receiver, source, runs: 0, failures: 0, timed: 0, durations: new Float32Array(DURATIONS)};
      this.#by.set(receiver, seen);
    }
    seen.source = source;
    seen.runs += 1;
    if (outcome === 'raised') seen.failures += 1;
    if (!Number.isNaN(ms)) seen.durations[seen.timed++ % DURATIONS] = ms;
  }

  get size() {
    return this.#by.size;
  }

  /** Whether another receiver has the same last name. */
  isShared(receiver, last) {
    for (const other of this.#by.keys()) if (other !== receiver && (other === last || other.endsWith(`.${last}`))) return true;
    return false;
  }

  /** Those that fail first, the more often the earlier; then the slowest. @returns {Standing[]} */
  all() {
    const standings = [...this.#by.values()].map(({receiver, source, runs, failures, timed, durations}) => {
      const sorted = durations.slice(0, Math.min(timed, DURATIONS)).sort();
      return {receiver, source, runs, failures, rate: failures / runs, p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95)};
    });
    return standings.sort((a, b) => b.rate - a.rate || (b.p95 || 0) - (a.p95 || 0) || (a.receiver < b.receiver ? -1 : 1));
  }
}

/** @param {Float32Array} sorted */
const quantile = (sorted, part) => (sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] : NaN);
