// The events that this page holds: a ring of columns and raw lines, bounded in number and bytes. No DOM.
//
// Every entry has an ordinal that never changes: 0 for the first that came, `next` for the one to come. What the ring
// has let go lies before `first`. Gaps and a replaced log are entries too, at the place in which they happened.

export const EVENT = 0;
export const UNREADABLE = 1;
export const GAP = 2;

const SUMMARY = 300;    // characters shown of a summary
const ENTRY = 60;       // bytes that an entry costs besides its text, about
const NAMES = 65535;    // names of types and senders that are kept apart; later ones are read from their lines

export class Store {
  bytes = 0;
  events = 0;     // that ever came
  dropped = 0;    // events let go for room
  missed = 0;     // positions that the server said, or we saw, never came

  #names = ['', ''];   // 0 is a name not kept, 1 no name
  #ids = new Map();

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
    this.lines = new Array(capacity);
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

  /** @param {{from: number, to: number, reason: string}} gap */
  pushGap(gap) {
    if (gap.reason !== 'epoch') this.missed += gap.to - gap.from;
    this.#append({kind: GAP, line: JSON.stringify(gap), position: gap.from, time: NaN, type: '', sender: ''});
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
      position: this.positions[i],
      time: this.times[i],
      type: this.#name(this.types[i], line, 'type'),
      sender: this.#name(this.senders[i], line, 'sender'),
      degraded: this.degraded[i] === 1,
    };
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
    this.types[i] = this.#intern(type);
    this.senders[i] = this.#intern(sender);
    this.degraded[i] = degraded ? 1 : 0;
    this.lines[i] = line;
    this.bytes += cost(line);
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
    if (this.kinds[i] !== GAP) this.dropped += 1;
    this.bytes -= cost(this.lines[i]);
    this.lines[i] = '';
  }

  #intern(name) {
    if (!name) return 1;
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.#names.length < NAMES ? this.#names.length : 0;
      if (id) {
        this.#names.push(name);
        this.#ids.set(name, id);
      }
    }
    return id;
  }

  #name(id, line, key) {
    return id ? this.#names[id] : String(read(line)?.[key] ?? '');
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

const cost = (line) => line.length + ENTRY;

/** The event in a line, or null where the line is not a JSON object that has a type. */
export function read(line) {
  try {
    const event = JSON.parse(line);
    return event !== null && typeof event === 'object' && 'type' in event ? event : null;
  } catch {
    return null;
  }
}

/** What an event is about, in a line. Read where it is shown: kept for all, it would be most of what this page keeps. */
export function summaryOf(line) {
  const summary = read(line)?.summary;
  return summary === undefined ? '' : String(summary).slice(0, SUMMARY);
}
