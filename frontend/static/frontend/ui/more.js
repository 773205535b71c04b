// What the top bar has no room for on a small screen: the same acts, by name, in a sheet.

import {byId, h} from './dom.js';

const ACTS = [['export', 'Export'], ['view-open', 'View'], ['theme', 'Theme'], ['help-open', 'Help']];

export class More {
  constructor() {
    this.element = byId('more');
    byId('more-list').append(...ACTS.map(([id, name]) => this.#act(id, name)));
    byId('more-open').addEventListener('click', () => this.element.showModal());
  }

  #act(id, name) {
    const button = h('button', {class: 'btn', type: 'button'}, name);
    button.addEventListener('click', () => {
      this.element.close();
      byId(id).click();
    });
    return button;
  }
}
