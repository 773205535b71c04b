// The events that this page holds: a ring of columns and raw lines, bounded in number and bytes. No DOM.
//
// Every entry has an ordinal that never changes: 0 for the first that came, `next` for the one to come. What the ring
// has let go lies before `first`. Gaps and a replaced log are entries too, at the place in which they happened.

export const EVENT = 0;
export const UNREADABLE = 1;
export const GAP = 2;

const SUMMARY = 300;    // characters kept of a summary; the whole is in the line
const ENTRY = 160;      // bytes that an entry costs besides its text, about
const NAMES = 65535;    // names of types and senders that are kept apart; later ones are read from their lines

export class Store {
  first = 0;
  next = 0;
  bytes = 0;
  events = 0;     // that ever came
  dropped = 0;    // events let go for room
  missed = 0;     // positions that the server said, or we saw, never came

  #names = ['', ''];   // 0 is a name not kept, 1 no name
  #ids = new Map();

  constructor({capacity = 100000, budget = 96e6} = {}) {
    this.capacity = capacity;
    this.budget = budget;
    this.kinds = new Uint8Array(capacity);
    this.positions = new Float64Array(capacity);
    this.times = new Float64Array(capacity);
    this.types = new Uint16Array(capacity);
    this.senders = new Uint16Array(capacity);
    this.summaries = new Array(capacity);
    this.lines = new Array(capacity);
  }

  /** Entries held. */
  get size() {
    return this.next - this.first;
  }

  /** @param {string} line an event as it came */
  push(line) {
    const event = read(line);
    this.events += 1;
    this.#append({
      kind: event ? EVENT : UNREADABLE, line,
      position: Number(event?.sequence ?? NaN),
      time: event ? Date.parse(event.time) : NaN,
      type: event ? String(event.type) : '',
      sender: event?.sender === undefined ? '' : String(event.sender),
      summary: event?.summary === undefined ? '' : String(event.summary).slice(0, SUMMARY),
    });
  }

  /** @param {{from: number, to: number, reason: string}} gap */
  pushGap(gap) {
    if (gap.reason !== 'epoch') this.missed += gap.to - gap.from;
    this.#append({kind: GAP, line: JSON.stringify(gap), position: gap.from, time: NaN, type: '', sender: '', summary: ''});
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
      summary: this.summaries[i],
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

  #append({kind, line, position, time, type, sender, summary}) {
    if (this.size === this.capacity) this.#drop();
    const i = this.next % this.capacity;
    this.kinds[i] = kind;
    this.positions[i] = position;
    this.times[i] = time;
    this.types[i] = this.#intern(type);
    this.senders[i] = this.#intern(sender);
    this.summaries[i] = summary;
    this.lines[i] = line;
    this.bytes += cost(line, summary);
    this.next += 1;
    while (this.bytes > this.budget && this.size > 1) this.#drop();
  }

  #drop() {
    const i = this.first % this.capacity;
    if (this.kinds[i] !== GAP) this.dropped += 1;
    this.bytes -= cost(this.lines[i], this.summaries[i]);
    this.lines[i] = this.summaries[i] = '';
    this.first += 1;
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

const cost = (line, summary) => line.length + 2 * summary.length + ENTRY;

/** The event in a line, or null where the line is not a JSON object that has a type. */
function read(line) {
  try {
    const event = JSON.parse(line);
    return event !== null && typeof event === 'object' && 'type' in event ? event : null;
  } catch {
    return null;
  }
}
