// How the list looks: how close its rows stand, and which columns it has. Kept for the next visit; the columns that are
// left are in the address too, so that a link shows the same ones.

import {keep, kept} from '../core/kept.js';
import {byId, h, mark} from './dom.js';

const FIXED = new Set(['c-type', 'c-summary']);    // without which a row says nothing
const NONE = 'none';    // besides those

const short = (name) => name.slice(2);

export class Looks {
  #hidden = new Set((kept('hidden') ?? '').split(' ').filter(Boolean));

  /** @param {UrlState} address */
  constructor(address) {
    this.address = address;
    this.element = byId('view');
    this.root = document.documentElement;
    byId('view-open').addEventListener('click', () => this.open());
    this.#density();
    const heads = [...document.querySelectorAll('.row--head > [role=columnheader]')];
    this.names = heads.map((head) => head.classList[0]).filter((name) => !FIXED.has(name));
    this.#asked();
    byId('columns').append(...heads.map((head) => this.#column(head)).filter(Boolean));
    this.#show();
  }

  open() {
    this.element.showModal();
  }

  #density() {
    const boxes = /** @type {HTMLInputElement[]} */ ([...this.element.querySelectorAll('[name=density]')]);
    const show = (density) => mark(this.root, 'data-density', density === 'compact' ? density : null);
    for (const box of boxes) {
      box.checked = box.value === (kept('density') === 'compact' ? 'compact' : 'comfortable');
      box.addEventListener('change', () => {
        show(box.value);
        keep('density', box.value);
      });
    }
    show(kept('density'));
  }

  #column(head) {
    const name = head.classList[0];
    if (FIXED.has(name)) return null;
    const box = h('input', {type: 'checkbox'});
    box.checked = !this.#hidden.has(name);
    box.addEventListener('change', () => {
      if (box.checked) this.#hidden.delete(name);
      else this.#hidden.add(name);
      keep('hidden', [...this.#hidden].join(' '));
      this.address.set('cols', this.#hidden.size ? this.#left.map(short).join(' ') || NONE : '');
      this.#show();
    });
    return h('label', {class: 'check'}, box, head.textContent);
  }

  get #left() {
    return this.names.filter((name) => !this.#hidden.has(name));
  }

  /** What the address wants to be seen. */
  #asked() {
    const wanted = this.address.get('cols').split(' ').filter(Boolean);
    if (wanted.length) this.#hidden = new Set(this.names.filter((name) => !wanted.includes(short(name))));
  }

  #show() {
    mark(this.root, 'data-hide', [...this.#hidden].join(' ') || null);
  }
}
