// The receipts: what came, what did not, what is held. Only what is known.

import {bytes, count, dayOrTime} from '../core/format.js';
import {byId, h, icon, mark, say, tell} from './dom.js';

export class Foot {
  #proof = '';

  /** @param {{stream: EventStream, store: Store, list: List}} parts */
  constructor({stream, store, list}) {
    Object.assign(this, {stream, store, list});
    this.since = Date.now();
  }

  draw() {
    const {stream, store} = this;
    this.#prove();
    mark(byId('missed'), 'data-none', !store.missed);
    say(byId('missed'), store.missed ? `${count(store.missed)} not shown` : store.events ? '0 missed' : `listening since ${dayOrTime(this.since)}`);
    tell(byId('recovered'), stream.recovered ? `${count(stream.recovered)} recovered` : '');
    const held = this.list.view.store;    // the ring, or what is shown of the log
    mark(byId('held'), 'hidden', !held.size);
    say(byId('held-now'), `${count(held.events - held.dropped)} held (${bytes(held.bytes)})`);
    say(byId('let-go'), held.dropped ? `, ${count(held.dropped)} let go` : '');
    const oldest = held.timeNear(held.first, 1);
    tell(byId('oldest'), Number.isNaN(oldest) ? '' : `oldest ${dayOrTime(oldest)}`);
  }

  /**
   * A signal that was sent and committed has a position: the newest that the server has is what was sent and stored.
   * Connected, that is known; otherwise nobody knows what may wait. What a filter or a hold keeps back is not shown,
   * and where some did not come it is neither.
   */
  #prove() {
    const {name, position, behind} = this.stream;
    const connected = name === 'live' || name === 'catching-up', sure = name === 'live' && behind === 0;
    const all = !this.list.view.filtered && this.list.view.store === this.store && !this.list.hold.fresh;
    const came = this.store.missed ? '' : all ? ' = shown' : ' = received';
    const says = sure ? ` sent = stored${came}` : connected ? ` received, ${count(behind)} to come` : ' received, more may wait';
    const proof = position === null ? '' : count(position - 1);
    mark(byId('proof'), 'data-unsure', !sure);
    if (this.#proof === proof + says) return;
    this.#proof = proof + says;
    byId('proof').title = sure ? `Every signal that was sent and committed has a position. The newest in the log is ${proof}, and this page has come as far.` : '';
    byId('proof').replaceChildren(...(proof ? [icon(sure ? 'i-ok' : 'dot-busy', sure ? 'i' : 'dot'), h('span', {class: 'cut'}, h('b', {}, proof), says)] : []));
  }
}
