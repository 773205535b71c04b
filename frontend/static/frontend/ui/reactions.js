// All that is learnt of events after they came, wired: frames and pages → store → rows, the open event, the rail, the title.

import {Notes} from '../core/notes.js';
import {Receivers} from '../core/receivers.js';
import {readEvents} from '../lib/log.js';
import {Reacts} from './reacts.js';
import {Standings} from './standings.js';
import {Tree} from './tree.js';

export class Reactions {
  /**
   * @param {object} parts
   * @param {{api: string}} parts.config
   * @param {EventStream} parts.stream
   * @param {Store} parts.store the ring
   * @param {Hold} parts.hold of the ring
   * @param {Rates} parts.rates
   * @param {List} parts.list
   * @param {FilterBar} parts.bar
   * @param {(position: number) => void} parts.show opens an event
   * @param {() => void} parts.leave uncovers the list
   */
  constructor({config, stream, store, hold, rates, list, bar, show, leave}) {
    Object.assign(this, {config, stream, hold, list});
    const receivers = new Receivers();
    this.notes = new Notes({store, rates, receivers, shown: () => list.view.store, isLive: (position) => position > stream.joined.head});
    this.reacts = new Reacts({show: (receiver) => this.standings.show(receiver)});
    this.tree = new Tree({
      store: () => list.view.store, go: show, hue: (type) => rates.hue(type),
      ask: (correlationid) => readEvents(config.api, {correlationid}),
      only(correlationid) {
        leave();
        bar.set(bar.query.with('cause', correlationid));
      },
    });
    this.standings = new Standings({receivers, bar, leave});
  }

  /** @param {string[]} lines */
  take(lines) {
    const ordinals = this.notes.take(lines);
    this.list.learn(ordinals);
    const entry = this.#open;
    if (entry && ordinals.has(entry.ordinal)) this.reacts.show(entry);
    this.tree.learn(ordinals, entry);
  }

  /** Events that were rolled back. @param {string[]} lines */
  ghosts(lines) {
    const {list, hold} = this, isShown = list.view.store === this.notes.store;
    this.notes.takeGhosts(lines, hold.held ? hold.head : 0, (ordinal) => isShown && list.shift(ordinal));
  }

  /** @param {Entry} entry */
  open(entry) {
    this.reacts.show(entry);
    this.tree.show(entry);
  }

  /** What the receivers of a page of history did: the websocket tells only of what it sends live. */
  async lookUp(from, to) {
    try {
      const {reactions} = await readEvents(this.config.api, {after: `${this.stream.epoch}:${from - 1}`, limit: to - from});
      this.take(reactions);
    } catch {
      // Then nothing is said of them.
    }
  }

  /** After a reconnection: what the receivers of the newest events before it did, unless that was told in time. */
  catchUp(from, to) {
    const untold = this.notes.store.untold(from);
    if (untold !== null) this.lookUp(untold, to);
  }

  draw() {
    this.standings.draw();
  }

  /** The open event, where it is still held. */
  get #open() {
    const {selected, view} = this.list;
    return selected !== null && selected >= view.store.first && selected < view.store.next ? view.store.at(selected) : null;
  }
}
