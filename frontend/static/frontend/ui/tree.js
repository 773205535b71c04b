// What set the open event off, and what it set off in turn: a tree whose bars share one axis. Every event in it is a link.

import {milliseconds, plural, split, visible} from '../core/format.js';
import {linkOf, nameOfOrigin, treeOf} from '../core/chain.js';
import {readReactions, sumOf} from '../core/reactions.js';
import {EVENT, GHOST, UNREADABLE, read} from '../core/store.js';
import {barOf} from './bar.js';
import {byId, h, mark, say} from './dom.js';
import {Permalink} from './permalink.js';
import {UNDONE} from './row.js';

const NEAR = 3000;     // entries to either side that are searched; the server knows the others
const MOST = 200;      // events of a chain
const REST_MS = 150;   // after which the others are looked for: who leafs through events does not read their chains

export class Tree {
  #links = new Map();    // by id
  #id = '';
  #correlation = '';
  #asked = false;        // whether the server was asked for it
  #resting = 0;
  #ordinals = new Set();
  #isHeld = true;        // whether the chain is of the log that is there now: else it leads nowhere
  #isAll = true;         // whether there are no more events in the chain than are shown

  /**
   * @param {object} parts
   * @param {() => Store} parts.store that the open event is of
   * @param {(correlation: string) => Promise<{events: Record<string, any>[], reactions: string[], whole: boolean}>} parts.ask
   * @param {(position: number) => void} parts.go opens another one
   * @param {(correlation: string) => void} parts.only shows nothing but what came of it
   * @param {(type: string) => number} parts.hue
   */
  constructor({store, ask, go, only, hue}) {
    Object.assign(this, {store, ask, go, hue});
    byId('cause-only').addEventListener('click', () => only(this.#correlation));
    this.element = byId('cause');
    this.list = byId('cause-tree');
    this.list.addEventListener('click', (event) => this.#click(event));
  }

  /** @param {Entry} entry */
  show(entry) {
    const event = entry.kind === UNREADABLE ? null : read(entry.line);
    const id = typeof event?.id === 'string' ? event.id : '', correlation = typeof event?.correlationid === 'string' ? event.correlationid : '';
    if (correlation !== this.#correlation || !correlation) this.#begin(correlation);
    this.#id = id;
    this.#isHeld = entry.kind === GHOST || !Number.isNaN(entry.position);
    this.#ordinals.clear();
    if (event) this.#keep(event, entry.ordinal, entry.reactions);
    this.#draw();
    clearTimeout(this.#resting);
    if (correlation) this.#resting = setTimeout(() => this.#complete(entry.ordinal), REST_MS);
  }

  /** More is known of these, of which some may be here. */
  learn(ordinals, entry) {
    if (entry && [...this.#ordinals].some((one) => ordinals.has(one))) this.show(entry);
  }

  #begin(correlation) {
    this.#links.clear();
    this.#correlation = correlation;
    this.#asked = false;
    this.#isAll = true;
  }

  #keep(event, ordinal, reactions) {
    if (this.#links.size >= MOST && !this.#links.has(event.id)) {
      this.#isAll = false;
      return;
    }
    const told = reactions ? readReactions(reactions) : null;
    const before = this.#links.get(event.id), link = linkOf(event, told && sumOf(told));
    this.#links.set(link.id, before && Number.isNaN(link.ms) ? before : link);
    if (ordinal !== null) this.#ordinals.add(ordinal);
  }

  /** Finds the others, here and on the server. */
  #complete(from) {
    const correlation = this.#correlation;
    this.#search(from, correlation);
    this.#draw();
    if (!this.#asked) this.#ask(correlation);
    this.#asked = true;
  }

  #search(from, correlation) {
    const store = this.store(), {first, next, capacity} = store;
    for (let at = Math.max(first, from - NEAR); at < Math.min(next, from + NEAR); at += 1) {
      const kind = store.kinds[at % capacity];
      if ((kind !== EVENT && kind !== GHOST) || !store.lines[at % capacity].includes(correlation)) continue;
      const event = read(store.lines[at % capacity]);
      if (event?.correlationid === correlation) this.#keep(event, at, store.reactions[at % capacity]);
    }
  }

  async #ask(correlation) {
    try {
      const {events, reactions, whole} = await this.ask(correlation);
      if (this.#correlation !== correlation) return;
      const told = new Map(reactions.map((line) => [readReactions(line)?.pos, line]));
      for (const event of events) if (event?.correlationid === correlation) this.#keep(event, null, told.get(Number(event.sequence)));
      this.#isAll &&= whole;
      this.#draw();
    } catch {
      // What is held here is shown; of the rest nobody claims to know.
    }
  }

  #draw() {
    const {rows, ms, origin, isWhole} = treeOf([...this.#links.values()]);
    const top = [...(origin ? [h('li', {class: 'node', 'data-kind': 'origin'}, h('span', {class: 'node__name'}, h('span', {class: 'cut', title: visible(origin)}, visible(nameOfOrigin(origin)))), barOf(0, ms, ms, null), msOf(ms))] : []),
      ...(isWhole ? [] : [h('li', {class: 'node', 'data-kind': 'missing'}, h('span', {class: 'node__name'}, h('span', {class: 'cut'}, 'an event that is not held here')))])];
    mark(this.element, 'hidden', rows.length < 2 && !top.length);
    mark(byId('cause-only'), 'hidden', rows.length < 2);
    const focused = this.list.contains(document.activeElement) ? document.activeElement.closest('.node')?.dataset.at : null;
    this.list.replaceChildren(...top, ...rows.map((row) => this.#node(row, ms, top.length ? 1 : 0)));
    if (focused) this.list.querySelector(`[data-at="${Number(focused)}"] a`)?.focus({preventScroll: true});
    say(byId('cause-note'), `${this.#isAll ? '' : 'more than '}${plural(rows.length, 'event')}${ms > 0 ? `, ${milliseconds(ms)} ms` : ''}`);
  }

  #node({link, depth, from}, whole, indent) {
    const {id, type, sentfrom, position, ms, failed} = link, here = id === this.#id, isGhost = Number.isNaN(position);
    const [, name] = split(type);
    const text = [h('i', {class: 'swatch'}), h('span', {class: 'cut', title: visible(type)}, visible(name), sentfrom && depth > 0 && h('span', {class: 'node__by'}, `  from ${visible(sentfrom)}`)),
      isGhost && h('span', {class: 'undone', title: UNDONE}, 'rolled back'), failed && h('span', {class: 'node__bad'}, 'failed')];
    const label = isGhost || !this.#isHeld ? h('span', {class: 'node__name', 'data-hue': this.hue(type)}, ...text) : h('a', {class: 'node__name', 'data-hue': this.hue(type), href: Permalink.to(position)}, ...text);
    const element = h('li', {class: 'node', 'aria-level': depth + indent + 1, 'aria-current': here ? 'true' : null, 'data-at': isGhost ? null : position},
      label, barOf(from, ms, whole, failed ? 'bad' : here ? 'here' : null), msOf(ms));
    element.style.setProperty('--depth', depth + indent);
    return element;
  }

  #click(event) {
    const at = event.target.closest('a')?.closest('.node')?.dataset.at;
    if (!at || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.go(Number(at));
  }
}

const msOf = (ms) => (Number.isNaN(ms) ? h('span', {class: 'node__ms'}, '–') : h('span', {class: 'node__ms'}, milliseconds(ms), h('span', {class: 'unit'}, ' ms')));
