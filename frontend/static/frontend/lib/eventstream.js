// A client of one stream: connects, resumes, acknowledges, and says what it knows. No DOM; any page may use it alone.
//
//   const stream = connect('/ws/', {from: {last: 500}, onBatch: (batch) => batch.lines.forEach(show)});
//
// `position` is the first position still wanted. A batch covers [from, to), so `batch.from === position` proves that
// nothing is missing; what does not join is reported as a gap, never passed over.
//
// What is learnt of events after they were recorded comes in frames of its own: `onReactions` gets one line for each
// event, of what its receivers did, when the event itself has come, maybe more than once, and the newest line of a
// receiver holds; with `ghosts: true`, `onGhosts` gets the events that were sent and rolled back, which have no position.
// `noted` is how far such notes were told; it is kept beside the position, so that a client that resumes misses none.
// Operations that this client does not know are passed over.

import {Acks} from './acks.js';
import {Backoff} from './backoff.js';
import {Bookmark} from './bookmark.js';
import {followPage} from './lifecycle.js';
import {SUBPROTOCOL, ack, comesBack, filter as filterMessage, hello, parse, positionOf} from './protocol.js';
import {Timers} from './timers.js';

const STALLED = 1.2;            // heartbeats; a little more than one, since they are never early
const DEAD = 2.5;               // heartbeats; two were lost: the connection is gone, whatever the socket says
const WELCOME_MS = 10000;       // without a welcome by then, the connection is tried anew
const STEADY_MS = 5000;         // of being connected, before a failure counts as the first again
const MOVES_ON = new Set(['batch', 'heartbeat', 'filtered']);    // after a welcome that moved us, a gap has to come before these
const BEHIND = 1000;            // events; about a second of a busy stream

/** Opens a stream that also follows its page: online, offline, hidden, back from the cache. */
export function connect(url, options) {
  const stream = new EventStream(url, options);
  stream.open();
  followPage(stream);
  return stream;
}

export class EventStream {
  position = null;
  epoch = null;
  tip = null;
  noted = undefined;    // the notes' cursor, where the server keeps any
  head = 0;
  oldest = 1;
  joined = {position: 1, head: 0};    // when the server welcomed us: what lies beyond that head happened since
  recovered = 0;    // events that came after a reconnection, with nothing missing
  duplicates = 0;
  attempt = 0;
  retryAt = null;   // on the clock of `now`
  heardAt = null;
  code = null;      // why the server closed, and in its words
  message = '';
  name = 'connecting';

  #socket = null;
  #timers = new Timers();
  #hinted = null;       // the welcome moved us, and no gap has said why yet
  #newest = null;       // {from, to} of the newest events: a connection that breaks may not have told their reactions
  #recovery = null;     // {until, events} while the events of a resume are arriving
  #seen = 0;            // the position stored by the page before this one
  #acks = new Acks(this.#timers, () => this.#acknowledge());
  #bye = null;
  #heartbeat = 10000;

  /**
   * @param {string} url path or address of the websocket
   * @param {StreamOptions} [options] see the defaults below; `from` is a position, 'live', 'earliest' or {last: n};
   *   `storage` keeps the position, so that a reload resumes, `backfill` events before it; `reactions: false` wants none
   */
  constructor(url, {stream = 'main', from = 'live', filter, window = 4096, storage = null, backfill = 0, backoff = {},
    reactions, ghosts, onBatch = () => {}, onReactions = () => {}, onGhosts = () => {}, onState = () => {}, onGap = () => {}, onFiltered = () => {}, onResumed = () => {},
    WebSocket = globalThis.WebSocket, random = Math.random, now = () => performance.now()} = {}) {
    Object.assign(this, {stream, from, filter, window, backfill, reactions, ghosts, onBatch, onReactions, onGhosts, onState, onGap, onFiltered, onResumed, WebSocket, random, now});
    this.url = new URL(url, globalThis.location?.href);
    this.url.protocol = this.url.protocol.replace('http', 'ws');
    this.backoff = new Backoff({random, ...backoff});
    this.bookmark = new Bookmark(storage, `signalcast:${this.url.pathname}:${stream}`);
  }

  /** How many events the log holds beyond what came here. */
  get behind() {
    return this.position === null ? 0 : Math.max(0, this.head + 1 - this.position);
  }

  /** A device without a network still reaches itself. */
  get local() {
    return ['localhost', '127.0.0.1', '[::1]'].includes(this.url.hostname);
  }

  open() {
    this.#release();
    const socket = new this.WebSocket(this.url.href, SUBPROTOCOL);
    this.#socket = socket;
    this.#bye = null;
    socket.onopen = () => this.#greet();
    socket.onmessage = ({data}) => this.#receive(data);
    socket.onclose = ({code}) => this.#lost(code);
    this.#timers.set('welcome', WELCOME_MS, () => this.#lost(1006));
    this.#become(this.position === null && !this.attempt ? 'connecting' : 'reconnecting', {retryAt: null});
  }

  /** Ends the connection and stays away until `open` or `retryNow`. */
  close(name = 'closed') {
    this.#release();
    this.bookmark.write(this);
    this.#become(name, {retryAt: null});
  }

  /** Tries at once where a try was due later, or none at all. */
  retryNow() {
    if (this.name === 'stalled') this.#lost(1006);
    if (!this.#socket && this.name !== 'refused') this.open();
  }

  /** Follows what this filter lets through; `onFiltered` says from which position. */
  setFilter(filter) {
    this.filter = filter ?? undefined;
    this.#send(filterMessage(filter ?? null));
  }

  // ── to the server ──────────────────────────────────────────────────────────────────────────────────────────────

  #greet() {
    const {stream, filter, window, reactions, ghosts} = this, wanted = {stream, filter, window, reactions, ghosts};
    if (this.position !== null) return this.#send(hello({...wanted, from: this.position, epoch: this.epoch, tip: this.tip, reactions_after: this.noted}));
    const kept = this.bookmark.read();
    if (!kept) return this.#send(hello({...wanted, from: this.from}));
    this.#seen = kept.position;
    this.epoch = kept.epoch;
    return this.#send(hello({...wanted, from: Math.max(1, kept.position - this.backfill), epoch: kept.epoch, reactions_after: kept.noted}));
  }

  #send(text) {
    if (this.#socket?.readyState === 1) this.#socket.send(text);
  }

  #acknowledge() {
    this.#send(ack(this.position));
    this.bookmark.write(this);
  }

  // ── from the server ────────────────────────────────────────────────────────────────────────────────────────────

  #receive(frame) {
    this.heardAt = this.now();
    let message;
    try {
      message = parse(frame);
    } catch {
      return this.#lost(1007);   // what it held is asked for again
    }
    if (MOVES_ON.has(message.op)) this.#admit();
    if (message.op === 'welcome') this.#welcome(message);
    else if (message.op === 'batch') this.#batch(message, frame.length);
    else if (message.op === 'gap') this.#gap(message);
    else if (message.op === 'reactions') this.#note(message, this.onReactions);
    else if (message.op === 'ghosts') this.#note(message, this.onGhosts);
    else if (message.op === 'heartbeat') this.head = message.head;
    else if (message.op === 'filtered') this.onFiltered(message);
    else if (message.op === 'error') this.message = message.message;
    else if (message.op === 'bye') this.#bye = message;
    if (this.#socket && !this.#timers.has('welcome')) this.#become(this.behind > BEHIND ? 'catching-up' : 'live');
  }

  #welcome({epoch, from, tip, head, oldest, heartbeat_ms, window, reactions_after}) {
    this.#timers.clear('welcome');
    const resumed = this.position !== null;
    const replaced = this.epoch !== null && this.epoch !== epoch;
    if (replaced || (resumed && from !== this.position)) {
      const {position, epoch: before, tip: last} = this;
      this.#hinted = {from: position ?? this.#seen, to: from, reason: replaced ? 'epoch' : 'unexplained', back: {position, epoch: before, tip: last}};
    }
    this.#recovery = resumed && !this.#hinted && head >= from ? {until: head, events: 0} : null;
    if (!resumed || this.#hinted) Object.assign(this, {position: from, tip});
    if (replaced || this.noted === undefined) this.noted = reactions_after;
    Object.assign(this, {epoch, head, oldest, joined: {position: this.position, head}, retryAt: null, code: null, message: ''});
    this.window = window ?? this.window;
    this.#heartbeat = heartbeat_ms ?? this.#heartbeat;
    this.#timers.set('steady', STEADY_MS, () => {
      this.backoff.reset();
      this.attempt = 0;
    });
    this.#watch();
    if (resumed && !this.#hinted && this.#newest) this.onResumed(this.#newest);
  }

  #gap({from, to, reason}) {
    // The page before this one had seen what lies before #seen: asking for it again and not getting it loses nothing.
    const start = reason === 'retention' ? Math.max(from, this.#seen) : from;
    if (to !== this.#hinted?.to) this.tip = undefined;
    this.#hinted = null;
    this.#recovery = null;
    if (reason === 'epoch' && this.#seen) return this.#startAnew();
    this.#seen = 0;
    this.position = to;
    if (reason === 'epoch') this.#newest = null;
    if (reason === 'epoch' || to > start) this.onGap({from: start, to, reason});
    return undefined;
  }

  /** The kept position is of another log, and nothing of either is here yet: this is a first visit. */
  #startAnew() {
    this.#seen = 0;
    this.bookmark.forget();
    Object.assign(this, {position: null, epoch: null, tip: null, noted: undefined});
    this.open();
  }

  /** The welcome moved us and nothing but a gap may follow that: say so ourselves. */
  #admit() {
    if (this.#hinted) this.#gap(this.#hinted);
  }

  #batch({from, to, tip, head, lines}, bytes) {
    this.head = Math.max(this.head, head, to - 1);   // a batch that others share may know an older head
    if (to <= this.position) {
      this.duplicates += lines.length;
    } else {
      if (from > this.position) this.#gap({from: this.position, to: from, reason: 'unexplained'});
      const fresh = from < this.position ? lines.filter((line) => !this.#known(line)) : lines;
      this.duplicates += lines.length - fresh.length;
      this.onBatch({from: this.position, to, head, lines: fresh});
      if (fresh.length) this.#newest = {from: this.position, to};
      Object.assign(this, {position: to, tip});
      this.#seen = 0;
      this.#recover(fresh.length);
    }
    this.#acks.owe(lines.length, bytes, this.window);
  }

  #note({after, lines}, tell) {
    tell(lines, after);
    this.noted = Math.max(this.noted ?? after, after);    // what belongs to a replay may say an earlier one
  }

  #known(line) {
    try {
      return positionOf(JSON.parse(line)) < this.position;
    } catch {
      return false;
    }
  }

  #recover(events) {
    if (!this.#recovery) return;
    this.#recovery.events += events;
    if (this.position <= this.#recovery.until) return;
    this.recovered += this.#recovery.events;
    this.lastRecovered = {events: this.#recovery.events, at: this.now()};
    this.#recovery = null;
  }

  // ── the connection ─────────────────────────────────────────────────────────────────────────────────────────────

  #lost(code) {
    const bye = this.#bye;
    this.#release();
    this.bookmark.write(this);
    const why = bye?.code ?? code;
    if (!comesBack(why)) return this.#become('refused', {code: why, retryAt: null});
    const delay = bye ? this.random() * bye.retry_ms : this.backoff.next();
    this.attempt += 1;
    this.#timers.set('retry', delay, () => this.open());
    return this.#become('reconnecting', {code: why, retryAt: this.now() + delay});
  }

  #watch() {
    this.#timers.set('watch', Math.min(1000, this.#heartbeat / 5), () => {
      const silent = this.now() - this.heardAt;
      if (silent > DEAD * this.#heartbeat) return this.#lost(1006);
      if (silent > STALLED * this.#heartbeat) this.#become('stalled');
      return this.#watch();
    });
  }

  #become(name, facts = {}) {
    Object.assign(this, {name, ...facts});
    this.onState(this);
  }

  /** Lets go of the socket without waiting for it: on a dead line its close event may take minutes. */
  #release() {
    this.#timers.clearAll();
    // A gap that was not told yet will be, when we ask again from where we were.
    if (this.#hinted) Object.assign(this, this.#hinted.back);
    this.#hinted = null;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
