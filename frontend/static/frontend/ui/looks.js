// How the list looks: how close its rows stand, and which columns it has. Kept for the next visit.

import {keep, kept} from '../core/kept.js';
import {byId, h, mark} from './dom.js';

const FIXED = new Set(['c-type', 'c-summary']);    // without which a row says nothing

export class Looks {
  #hidden = new Set((kept('hidden') ?? '').split(' ').filter(Boolean));

  constructor() {
    this.element = byId('view');
    this.root = document.documentElement;
    byId('view-open').addEventListener('click', () => this.open());
    this.#density();
    const heads = [...document.querySelectorAll('.row--head > [role=columnheader]')];
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
      this.#show();
    });
    return h('label', {class: 'check'}, box, head.textContent);
  }

  #show() {
    mark(this.root, 'data-hide', [...this.#hidden].join(' ') || null);
  }
}
