// The receipts: what came, what did not, what is held. Only what is known.

import {bytes, count, timeOfDay} from '../core/format.js';
import {byId, h, icon, mark, say} from './dom.js';

export class Foot {
  #proof = '';

  constructor({stream, store, list}) {
    Object.assign(this, {stream, store, list});
    this.since = Date.now();
  }

  draw() {
    const {stream, store} = this;
    this.#prove();
    say(byId('missed'), store.events || store.missed ? (store.missed ? `${count(store.missed)} not shown` : '0 missed') : `listening since ${timeOfDay(this.since)}`);
    this.#show('recovered', stream.recovered > 0, () => `${count(stream.recovered)} recovered`);
    const held = this.list.view.store;    // the ring, or what is shown of the log
    const dropped = held.dropped ? `, ${count(held.dropped)} let go` : '';
    this.#show('held', held.size > 0, () => `${count(held.events - held.dropped)} held (${bytes(held.bytes)})${dropped}`);
    const oldest = held.timeNear(held.first, 1);
    this.#show('oldest', !Number.isNaN(oldest), () => `oldest ${timeOfDay(oldest)}`);
  }

  /** Connected, the server's head says what is stored; otherwise nobody knows what may wait. */
  #prove() {
    const {name, position, behind} = this.stream;
    const sure = name === 'live' && behind === 0;
    const says = sure ? ' stored = received' : name === 'live' || name === 'catching-up' ? ` received, ${count(behind)} to come` : ' received, more may wait';
    const proof = position === null ? '' : count(position - 1);
    mark(byId('proof'), 'data-unsure', !sure);
    if (this.#proof === proof + says) return;
    this.#proof = proof + says;
    byId('proof').replaceChildren(...(proof ? [icon(sure ? 'i-ok' : 'dot-busy', sure ? 'i' : 'dot'), h('span', {}, h('b', {}, proof), sure && h('span', {class: 'foot__long'}, ' newest'), says)] : []));
  }

  #show(id, shown, text) {
    mark(byId(id), 'hidden', !shown);
    if (shown) say(byId(id), text());
  }
}
