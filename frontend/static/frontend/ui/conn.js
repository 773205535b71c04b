// The state of the connection, in words, shape and colour; and never better than it is known to be.

import {count, plural} from '../core/format.js';
import {BAD_REQUEST, FORBIDDEN, NO_SUCH_STREAM, SIGN_IN, UNKNOWN_SUBPROTOCOL} from '../lib/protocol.js';
import {byId, mark, say, swapIcon} from './dom.js';

const RECOVERED_MS = 8000;    // how long a recovery is told
const GAP_MS = 30000;         // and a gap; its row in the list stays
const SHORT = 19;             // characters that leave room for more beside them: "Reconnecting in 9 s"

const REFUSED = new Map([
  [SIGN_IN, {text: 'Signed out', act: 'sign-in'}],
  [FORBIDDEN, {text: 'No permission to follow this stream'}],
  [NO_SUCH_STREAM, {text: 'No such stream'}],
  [BAD_REQUEST, {text: 'Dashboard was updated', act: 'reload'}],
  [UNKNOWN_SUBPROTOCOL, {text: 'Dashboard was updated', act: 'reload'}],
]);

export class Conn {
  #gap = null;
  #told = '';

  /** @param {{stream: EventStream, pace: () => string, signals: number, announce: (text: string) => void, isEmpty: () => boolean}} parts */
  constructor({stream, pace, signals, announce, isEmpty}) {
    Object.assign(this, {stream, pace, signals, announce, isEmpty});
    this.element = byId('conn');
    byId('retry').addEventListener('click', () => stream.retryNow());
    const link = byId('sign-in');
    link.addEventListener('click', () => {
      const url = new URL(link.href);
      url.searchParams.set('next', location.pathname + location.search);    // with what is looked for, and what is open
      link.href = url.href;
    });
  }

  gap(gap) {
    this.#gap = {...gap, at: this.stream.now()};
  }

  draw() {
    const {dot, text, aside = '', act = null, spoken = text} = this.#state();
    this.element.dataset.conn = dot;
    swapIcon(this.element.querySelector('.dot'), `dot-${dot}`);
    say(this.element.querySelector('.conn__text'), text);
    say(this.element.querySelector('.conn__rate'), aside);
    const {position} = this.stream;
    mark(this.element.querySelector('.conn__pos'), 'hidden', position === null || act !== null || text.length > SHORT);    // the footer says it too
    if (position !== null) say(this.element.querySelector('.conn__pos b'), count(position - 1));
    for (const id of ['retry', 'sign-in', 'reload']) mark(byId(id), 'hidden', id !== act);
    if (spoken !== this.#told) this.announce(spoken, 'conn');
    this.#told = spoken;
  }

  #state() {
    const {stream} = this;
    const wait = stream.retryAt === null ? null : Math.max(0, Math.ceil((stream.retryAt - stream.now()) / 1000));
    switch (stream.name) {
      case 'connecting':
        return {dot: 'wait', text: 'Connecting…'};
      case 'catching-up':
        return this.#catchingUp();
      case 'stalled':
        return {dot: 'busy', text: `No word from the server for ${Math.round((stream.now() - stream.heardAt) / 1000)} s`, act: 'retry', spoken: 'No word from the server'};
      case 'reconnecting':
        return {dot: 'busy', text: wait ? `Reconnecting in ${wait} s` : 'Reconnecting…', aside: `try ${stream.attempt}`, act: 'retry', spoken: 'Connection lost, reconnecting'};
      case 'offline':
        return {dot: 'warn', text: 'This device is offline'};
      case 'asleep':
        return {dot: 'wait', text: 'Asleep while hidden'};
      case 'refused':
        return this.#refused();
      default:
        return this.#live();
    }
  }

  #refused() {
    const {code, message} = this.stream;
    const {text = message || `Refused by the server (${code})`, act = null} = REFUSED.get(code) ?? {};
    return {dot: 'warn', text, act};
  }

  #catchingUp() {
    const {position, head, behind, joined} = this.stream;
    // What we are behind of came since we had caught up: it is not the server that is slow.
    if (position > joined.head + 1) return {dot: 'busy', text: `This tab is slow: ${count(behind)} behind`, spoken: 'This tab is slow'};
    const done = Math.max(0, position - joined.position);
    return {dot: 'busy', text: 'Catching up', aside: `${count(done)} of ${count(done + behind)}`, spoken: `Catching up to ${count(head)}`};
  }

  #live() {
    const {lastRecovered} = this.stream, now = this.stream.now();
    const aside = this.pace();
    const gap = this.#gap && now - this.#gap.at < GAP_MS ? this.#gap : null;
    if (gap?.reason === 'epoch') return {dot: 'warn', text: 'Live. The server’s log was replaced', aside};
    if (gap) return {dot: 'warn', text: `Live, with a gap of ${plural(gap.to - gap.from, 'event')}`, aside};
    if (lastRecovered && now - lastRecovered.at < RECOVERED_MS) {
      return {dot: 'live', text: `Live. Recovered ${plural(lastRecovered.events, 'event')}, no gap`, aside};
    }
    if (this.isEmpty()) return {dot: 'live', text: 'Connected', aside: plural(this.signals, 'signal')};
    return {dot: 'live', text: 'Live', aside};
  }
}
