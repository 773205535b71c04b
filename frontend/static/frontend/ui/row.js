// One row of the list: an element that is made once and shows one entry after another.

import {clock, count, shortTime, split, visible} from '../core/format.js';
import {GAP, GHOST, UNREADABLE, summaryOf} from '../core/store.js';
import {h, icon, mark, say, write} from './dom.js';
import {Pips} from './pips.js';

/** Why events are missing, in words. */
export const WHY = new Map([
  ['retention', 'expired on the server before this page came back'],
  ['epoch', 'rows below are from before'],
]);
/** What "rolled back" means. */
export const UNDONE = 'Its transaction was rolled back: it is in no log, and no other client is told';
const UNEXPLAINED = 'the server went on without them';

export class Row {
  ordinal = -1;
  rank = -1;      // its place in the view
  isGap = false;

  #text = new Map(['minutes', 'seconds', 'app', 'type', 'senderApp', 'sender', 'summary'].map((name) => [name, new Text('')]));
  #top = -1;

  /** @param {(type: string) => number} hue */
  constructor(hue) {
    this.hue = hue;
    const text = (name) => this.#text.get(name);
    this.type = h('span', {role: 'gridcell', class: 'c-type'}, h('i', {class: 'swatch'}),
      h('span', {class: 'cut'}, h('span', {class: 'ns'}, text('app')), text('type')));
    this.link = button('Copy a link', 'link', 'i-link');
    this.degraded = h('span', {class: 'degraded', hidden: true});
    this.undone = h('span', {class: 'undone', title: UNDONE, hidden: true});
    this.pips = new Pips();
    this.time = h('span', {role: 'gridcell', class: 'c-time'}, h('span', {class: 'ns'}, text('minutes')), text('seconds'));
    this.sender = h('span', {role: 'gridcell', class: 'c-sender cut'}, h('span', {class: 'ns'}, text('senderApp')), text('sender'));
    this.summary = h('span', {role: 'gridcell', class: 'c-summary'}, h('span', {class: 'cut'}, text('summary')), this.undone, this.degraded, h('span', {class: 'row__acts'}, button('Copy as JSON', 'event', 'i-copy'), this.link));
    this.cells = [this.time, this.type, this.sender, this.summary, this.pips.cell, this.pips.ms];
    this.element = h('div', {class: 'row', role: 'row', tabindex: -1, hidden: true}, ...this.cells);
    this.element.addEventListener('animationend', () => mark(this.element, 'data-new', false));
  }

  /** @param {Store} store @param {number} ordinal */
  show(store, ordinal) {
    this.ordinal = ordinal;
    const entry = store.at(ordinal);
    mark(this.element, 'data-new', false);
    if (entry.kind === GAP) this.#showGap(store, entry);
    else this.#showEvent(entry);
  }

  /** Says what the receivers did, as far as it is known. @param {Store} store */
  tell(store) {
    if (!this.isGap) this.pips.show(store.at(this.ordinal));
  }

  /** Places it, in pixels from the top of the list. */
  place(top) {
    if (this.#top === top) return;
    this.#top = top;
    this.element.style.transform = `translateY(${top}px)`;
  }

  #showEvent(entry) {
    if (this.isGap) {
      this.element.classList.remove('row--gap');
      this.element.replaceChildren(...this.cells);
      this.isGap = false;
    }
    const unreadable = entry.kind === UNREADABLE;
    const [minutes, seconds] = clock(entry.time);
    const [app, type] = split(entry.type);
    const [senderApp, sender] = split(entry.sender);
    this.#write({minutes, seconds, app, type: unreadable ? 'unreadable event' : type, senderApp, sender, summary: unreadable ? entry.line.slice(0, 300) : summaryOf(entry.line)});
    mark(this.type, 'data-hue', unreadable ? null : this.hue(entry.type));
    mark(this.element, 'data-unreadable', unreadable);
    mark(this.element, 'data-ghost', entry.kind === GHOST);
    mark(this.undone, 'hidden', entry.kind !== GHOST);
    say(this.undone, entry.kind === GHOST ? 'rolled back' : '');
    this.pips.show(entry);
    mark(this.link, 'hidden', Number.isNaN(entry.position));
    mark(this.degraded, 'hidden', !entry.degraded);
    say(this.degraded, entry.degraded ? 'degraded' : '');
    if (entry.degraded) this.degraded.title = `Not quite what was sent: ${visible(String(JSON.parse(entry.line).degraded))}`;
    this.type.title = visible(entry.type);
    this.sender.title = visible(entry.sender);
    this.time.title = Number.isNaN(entry.time) ? '' : new Date(entry.time).toISOString();
  }

  #write(texts) {
    for (const [name, node] of this.#text) write(node, visible(texts[name]));
  }

  #showGap(store, {ordinal, line}) {
    const {from, to, reason} = JSON.parse(line);
    const replaced = reason === 'epoch';
    const [before, after] = [store.timeNear(ordinal - 1, -1), store.timeNear(ordinal + 1, 1)];
    const when = Number.isNaN(before) || Number.isNaN(after) || replaced ? '' : `, ${shortTime(before)} to ${shortTime(after)}`;
    const title = replaced ? 'The server’s log was replaced' : `${count(to - from)} ${to - from === 1 ? 'event' : 'events'} not shown`;
    this.isGap = true;
    this.element.classList.add('row--gap');
    this.element.replaceChildren(h('span', {role: 'gridcell', class: 'gap'},
      icon('dot-warn', 'dot'), h('b', {}, title), h('span', {class: 'gap__why cut'}, (WHY.get(reason) ?? UNEXPLAINED) + when),
      h('span', {class: 'gap__pos'}, replaced ? `from ${count(to)}` : `${count(from)} to ${count(to - 1)}`)));
  }
}

const button = (name, what, picture) =>
  h('button', {class: 'btn btn--icon btn--tiny', type: 'button', tabindex: -1, 'aria-label': name, title: name, 'data-copy': what}, icon(picture));
