// The events that this page holds: a ring of columns and raw lines, bounded in number and bytes. No DOM.
//
// Every entry has an ordinal that never changes: 0 for the first that came, `next` for the one to come. What the ring
// has let go lies before `first`. Gaps and a replaced log are entries too, at the place in which they happened; so are
// ghosts, which were sent and rolled back: they have no position and are no events. What the receivers did comes later.

import {read} from './line.js';
import {Names} from './names.js';
import {UNTOLD, merge, readReactions, sumOf} from './reactions.js';

export {read, summaryIn, summaryOf} from './line.js';

export const EVENT = 0;
export const UNREADABLE = 1;
export const GAP = 2;
export const GHOST = 3;

const ENTRY = 60;       // bytes that an entry costs besides its text, about
const LATE = 2000;      // entries that a ghost, of which one hears later, may come in before

export class Store {
  bytes = 0;
  events = 0;     // that ever came
  dropped = 0;    // events let go for room
  failed = 0;     // of those that came, events of which a receiver failed
  missed = 0;     // positions of the newest log that the server said, or we saw, never came
  start = -Infinity;    // the ordinal at which the newest log begins: what is before it has no position any more

  #names = new Names();

  /** @param {{capacity?: number, budget?: number, start?: number}} [options] entries, bytes, and the first ordinal */
  constructor({capacity = 100000, budget = 96e6, start = 0} = {}) {
    this.capacity = capacity;
    this.budget = budget;
    this.first = this.next = start;
    this.kinds = new Uint8Array(capacity);
    this.positions = new Float64Array(capacity);
    this.times = new Float64Array(capacity);
    this.types = new Uint16Array(capacity);
    this.senders = new Uint16Array(capacity);
    this.degraded = new Uint8Array(capacity);
    this.told = new Uint8Array(capacity);      // whether anything is known of its receivers
    this.nrec = new Uint8Array(capacity);      // those that listened
    this.nerr = new Uint8Array(capacity);      // and raised
    this.slow = new Float32Array(capacity);    // ms that the sender waited for them
    this.reactions = new Array(capacity);      // the line that tells it
    this.lines = new Array(capacity);
    this.columns = [this.kinds, this.positions, this.times, this.types, this.senders, this.degraded, this.lines, this.told, this.nrec, this.nerr, this.slow, this.reactions];
  }

  /** Entries held. */
  get size() {
    return this.next - this.first;
  }

  /** @param {string} line an event as it came */
  push(line) {
    this.events += 1;
    this.#append(columns(line));
  }

  /** Takes in the event before the oldest. What has no room then is the newest. @param {string} line as it came */
  unshift(line) {
    this.events += 1;
    if (this.size === this.capacity) this.#cut();
    this.first -= 1;
    this.#put(this.first, columns(line));
    while (this.bytes > this.budget && this.size > 1) this.#cut();
  }

  /** Takes in an event that was rolled back, at its time, though not before `floor`. @param {string} line @returns {number|null} its ordinal */
  pushGhost(line, floor = 0) {
    const event = read(line);
    if (!event) return null;
    const ghost = {...columns(line), kind: GHOST, position: NaN};
    this.#append(ghost);
    const text = event.reactions ? JSON.stringify({method: event.method, reactions: event.reactions}) : '';
    if (text) this.#tell(this.next - 1, readReactions(text), text);
    const lowest = Math.max(this.first, this.start, floor, this.next - LATE);
    let at = this.next - 1;
    for (; at > lowest && this.times[(at - 1) % this.capacity] > ghost.time; at -= 1) this.#swap(at, at - 1);
    return at;
  }

  /**
   * What the receivers of an event did. Of what is not held, or not any more, it is dropped.
   * @param {string} line of a reactions frame
   * @returns {{ordinal: number, before: Told|null, told: Told}|null}
   */
  update(line) {
    const told = readReactions(line), ordinal = told && told.state !== UNTOLD ? this.ordinalOf(told.pos) : null;
    if (ordinal === null) return null;
    const before = this.toldOf(ordinal), all = merge(before, told), hadFailed = this.nerr[ordinal % this.capacity] > 0;
    this.#tell(ordinal, all, all === told ? line : JSON.stringify(all));
    if (!hadFailed && this.nerr[ordinal % this.capacity]) this.failed += 1;
    while (this.bytes > this.budget && this.size > 1) this.#drop();
    return {ordinal, before, told};
  }

  /** @param {number} ordinal @returns {Told|null} */
  toldOf(ordinal) {
    const text = this.reactions[ordinal % this.capacity];
    return text ? readReactions(text) : null;
  }

  /** The first position, from this one on, of an event of whose receivers nothing was told; null if there is none. */
  untold(position) {
    let found = null;
    for (let at = this.next - 1; at >= Math.max(this.first, this.start); at -= 1) {
      const i = at % this.capacity;
      if (this.positions[i] < position) break;
      if (this.kinds[i] === EVENT && this.told[i] === UNTOLD) found = this.positions[i];
    }
    return found;
  }

  /** @param {{from: number, to: number, reason: string}} gap */
  pushGap(gap) {
    this.missed = gap.reason === 'epoch' ? 0 : this.missed + gap.to - gap.from;
    this.#append({kind: GAP, line: JSON.stringify(gap), position: gap.from, time: NaN, type: '', sender: ''});
    if (gap.reason === 'epoch') this.start = this.next;
  }

  /** The ordinal of the event at a position of the newest log, by halving; null if it is not held. */
  ordinalOf(position) {
    let low = Math.max(this.first, this.start), high = this.next;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      let at = middle;
      while (at >= low && Number.isNaN(this.positions[at % this.capacity])) at -= 1;    // ghosts, and what cannot be read
      const found = at < low ? -Infinity : this.positions[at % this.capacity];
      if (found === position && this.kinds[at % this.capacity] === EVENT) return at;
      if (found < position) low = middle + 1;
      else high = at;
    }
    return null;
  }

  /** The ordinal of the newest event that has this position; null if none is held. */
  find(position) {
    for (let at = this.next - 1; at >= this.first; at -= 1) {
      const i = at % this.capacity;
      if (this.positions[i] === position && this.kinds[i] === EVENT) return at;
    }
    return null;
  }

  /** One entry, as a row shows it. @param {number} ordinal */
  at(ordinal) {
    const i = ordinal % this.capacity;
    const line = this.lines[i];
    return {
      ordinal, line,
      kind: this.kinds[i],
      position: ordinal < this.start ? NaN : this.positions[i],
      time: this.times[i],
      type: this.#name(this.types[i], line, 'type'),
      sender: this.#name(this.senders[i], line, 'sender'),
      degraded: this.degraded[i] === 1,
      told: this.told[i], nrec: this.nrec[i], nerr: this.nerr[i], slow: this.slow[i],
      reactions: this.reactions[i],
    };
  }

  /** The position of an event; NaN where it has none. */
  positionAt(ordinal) {
    return this.kinds[ordinal % this.capacity] === EVENT && ordinal >= this.start ? this.positions[ordinal % this.capacity] : NaN;
  }

  /** The time of the nearest event from `ordinal` on, in steps of `step`; NaN if none is held. */
  timeNear(ordinal, step) {
    for (let at = ordinal; at >= this.first && at < this.next; at += step) {
      const time = this.times[at % this.capacity];
      if (!Number.isNaN(time)) return time;
    }
    return NaN;
  }

  #append(entry) {
    if (this.size === this.capacity) this.#drop();
    this.#put(this.next, entry);
    this.next += 1;
    while (this.bytes > this.budget && this.size > 1) this.#drop();
  }

  #put(ordinal, {kind, line, position, time, type, sender, degraded}) {
    const i = ordinal % this.capacity;
    this.kinds[i] = kind;
    this.positions[i] = position;
    this.times[i] = time;
    this.types[i] = this.#names.id(type);
    this.senders[i] = this.#names.id(sender);
    this.degraded[i] = degraded ? 1 : 0;
    this.lines[i] = line;
    this.reactions[i] = '';
    this.told[i] = this.nrec[i] = this.nerr[i] = this.slow[i] = 0;
    this.bytes += cost(line);
  }

  #swap(one, other) {
    const i = one % this.capacity, k = other % this.capacity;
    for (const column of this.columns) [column[i], column[k]] = [column[k], column[i]];
  }

  #tell(ordinal, told, text) {
    const i = ordinal % this.capacity, {listened, failed, ms} = sumOf(told);
    this.bytes += text.length - this.reactions[i].length;
    if (failed && !this.nerr[i]) this.failed += 1;
    this.reactions[i] = text;
    this.told[i] = told.state;
    this.nrec[i] = Math.min(255, listened);
    this.nerr[i] = Math.min(255, failed);
    this.slow[i] = ms;
  }

  #drop() {
    this.#forget(this.first);
    this.first += 1;
  }

  #cut() {
    this.next -= 1;
    this.#forget(this.next);
  }

  #forget(ordinal) {
    const i = ordinal % this.capacity;
    if (isEvent(this.kinds[i])) this.dropped += 1;
    this.bytes -= cost(this.lines[i]) + this.reactions[i].length;
    this.lines[i] = this.reactions[i] = '';
  }

  #name(id, line, key) {
    return id ? this.#names.of(id) : String(read(line)?.[key] ?? '');
  }
}

function columns(line) {
  const event = read(line);
  return {
    kind: event ? EVENT : UNREADABLE, line,
    position: Number(event?.sequence ?? NaN),
    time: event ? Date.parse(event.time) : NaN,
    type: event ? String(event.type) : '',
    sender: event?.sender === undefined ? '' : String(event.sender),
    degraded: Boolean(event?.degraded),
  };
}

/** Whether it came as one, readable or not. */
const isEvent = (kind) => kind === EVENT || kind === UNREADABLE;

const cost = (line) => line.length + ENTRY;
