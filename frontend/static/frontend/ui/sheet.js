// The filter and the types where there is no room beside the list: the same elements, in a sheet while it is open.

import {byId} from './dom.js';

const WIDE = matchMedia('(min-width: 64rem)');    // there the rail has its place; app.css says the same

export class Sheet {
  constructor() {
    this.element = byId('types-sheet');
    this.element.addEventListener('close', () => {
      byId('top').after(byId('filter'));
      byId('stage').before(byId('rail'));
    });
    WIDE.addEventListener('change', () => this.element.close());
    byId('find').addEventListener('click', () => this.open());
  }

  open() {
    this.element.append(byId('filter'), byId('rail'));
    this.element.showModal();
  }
}
