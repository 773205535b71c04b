// What the top bar has no room for on a small screen: the same pages and acts, by name, in a sheet.

import {byId, h} from './dom.js';

const ACTS = [['export', 'Export'], ['range-open', 'Range of time'], ['rate-table-open', 'Rate as a table'], ['view-open', 'View'], ['theme', 'Theme'], ['help-open', 'Help']];

export class More {
  constructor() {
    this.element = byId('more');
    const pages = [...document.querySelectorAll('.tabs > [role=button]')].map((page) => this.#act(page, page.textContent));
    byId('more-list').append(...pages, ...ACTS.map(([id, name]) => this.#act(byId(id), name)));
    byId('more-open').addEventListener('click', () => this.element.showModal());
  }

  #act(original, name) {
    const button = h('button', {class: 'btn', type: 'button'}, name);
    button.addEventListener('click', () => {
      this.element.close();
      original.click();
    });
    return button;
  }
}
