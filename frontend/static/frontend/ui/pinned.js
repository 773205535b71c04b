// Pinning: a button in the open event and a key, a mark in the rows, and the pinned events beside the list, to open again.

import {dayOrTime, split, visible} from '../core/format.js';
import {EVENT, summaryOf} from '../core/store.js';
import {byId, h, mark, swapIcon} from './dom.js';
import {keepsake} from './keepsake.js';

export class Pinned {
  #entry = null;     // what is open
  #drawn = '';
  #marked = false;    // whether any row may show a pin

  /** @param {{pins: Pins, stream: EventStream, list: List, hue: (type: string) => number, open: (position: number) => void, changed: () => void, announce: (text: string) => void}} parts */
  constructor(parts) {
    Object.assign(this, parts);
    this.button = byId('pin');
    this.button.addEventListener('click', () => this.toggle(this.#entry));
  }

  /** This event is open now. @param {Entry} entry */
  show(entry) {
    this.#entry = entry;
    mark(this.button, 'hidden', !can(entry));
    this.#press();
  }

  /** @param {Entry|null} entry */
  toggle(entry) {
    if (!entry || !can(entry)) return;
    const {position, type, time, line} = entry;
    const had = this.pins.has(position), has = this.#toggle({position, type, time, id: String(JSON.parse(line).id)});
    this.announce(has ? 'Pinned' : had ? 'Not pinned any more' : 'There are as many pins as may be kept: take one away first');
  }

  /** @param {Pin} pin @returns {boolean} whether it is pinned now */
  #toggle(pin) {
    const has = this.pins.toggle(pin);
    this.#press();
    this.changed();
    this.drawRows();
    this.draw();
    return has;
  }

  /** The rows were drawn. */
  drawRows() {
    if (!this.#marked && !this.pins.all.length) return;
    this.#marked = this.pins.all.length > 0;
    this.list.pool.each(({element, ordinal}) => {
      const pinned = ordinal >= 0 && this.pins.has(this.list.view.store.positionAt(ordinal));
      mark(element, 'data-pinned', pinned);
      mark(element, 'aria-description', pinned && 'pinned');
    });
  }

  draw() {
    this.pins.of(this.stream.epoch);
    const all = this.pins.all, drawn = JSON.stringify(all.map(({position}) => [position, this.#summary(position)]));
    mark(byId('pins'), 'hidden', !all.length);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    byId('pins-list').replaceChildren(...all.map((pin) => this.#item(pin)));
  }

  #press() {
    const has = this.#entry !== null && this.pins.has(this.#entry.position);
    mark(this.button, 'aria-pressed', String(has));
    swapIcon(this.button.querySelector('svg'), has ? 'i-pinned' : 'i-pin');
  }

  /** What the event is about, if this page holds it. */
  #summary(position) {
    const {store} = this.list.view, ordinal = store.ordinalOf(position);
    return ordinal === null ? '' : summaryOf(store.at(ordinal).line);
  }

  #item(pin) {
    const {position, type, time} = pin, name = visible(this.#summary(position) || split(type)[1]);
    return keepsake({title: visible(type), name: `Take the pin away: ${name}`, lead: () => this.open(position), drop: () => this.#toggle(pin), hue: this.hue(type)},
      h('i', {class: 'swatch'}), h('span', {class: 'cut'}, name), h('span', {class: 'pin__time'}, Number.isFinite(time) ? dayOrTime(time) : ''));
  }
}

const can = ({kind, position}) => kind === EVENT && !Number.isNaN(position);
