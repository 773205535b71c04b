// Filters that the reader keeps, beside the list and for the next visit: a click sets one, another clears it.

import {visible} from '../core/format.js';
import {keep, kept} from '../core/kept.js';
import {LONGEST} from '../core/query.js';
import {byId, h, mark, swapIcon} from './dom.js';
import {keepsake} from './keepsake.js';

const MOST = 12;

export class KeptFilters {
  #texts = read() ?? [];

  /** @param {{bar: FilterBar, announce: (text: string) => void}} parts */
  constructor({bar, announce}) {
    Object.assign(this, {bar, announce});
    this.button = byId('filter-keep');
    this.list = byId('kept-list');
    this.button.addEventListener('click', () => this.#toggle(this.#text));
    this.#fill();
  }

  /** The filter's text may have changed. */
  draw() {
    const text = this.#text, has = this.#texts.includes(text);
    mark(this.button, 'hidden', !text || Boolean(this.bar.error));
    if (this.button.ariaPressed !== String(has)) swapIcon(this.button.querySelector('svg'), has ? 'i-pinned' : 'i-pin');
    mark(this.button, 'aria-pressed', String(has));
    this.#texts.forEach((one, i) => mark(this.list.children[i].firstElementChild, 'aria-pressed', String(one === text)));
  }

  get #text() {
    return this.bar.text.trim();
  }

  #toggle(text) {
    const has = this.#texts.includes(text);
    this.#texts = read() ?? this.#texts;    // other tabs keep some, too
    const full = !has && this.#texts.length >= MOST;
    if (has) this.#texts = this.#texts.filter((one) => one !== text);
    else if (!full) this.#texts = [...new Set([text, ...this.#texts])];
    keep('filters', JSON.stringify(this.#texts));
    this.announce(has ? 'Filter not kept any more' : full ? 'There are as many filters as may be kept: take one away first' : 'Filter kept');
    this.#fill();
  }

  #fill() {
    mark(byId('kept-part'), 'hidden', !this.#texts.length);
    this.list.replaceChildren(...this.#texts.map((text) => this.#item(text)));
    this.draw();
  }

  #item(text) {
    const name = visible(text);
    return keepsake({
      title: name, name: `Take the filter away: ${name}`, drop: () => this.#toggle(text),
      lead: () => this.bar.set(text === this.#text ? '' : text),
    }, h('span', {class: 'cut'}, name));
  }
}

/** @returns {string[]|null} what is kept; null where nothing is, or somebody else has written there */
function read() {
  try {
    const texts = JSON.parse(kept('filters'));
    return texts.filter((text) => typeof text === 'string' && text.trim() && text.length <= LONGEST).slice(0, MOST);
  } catch {
    return null;
  }
}
