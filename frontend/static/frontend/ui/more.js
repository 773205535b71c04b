// What the top bar has no room for on a small screen: the same pages and acts, by name, in a sheet.

import {byId} from './dom.js';

export class More {
  constructor() {
    const sheet = byId('more');
    byId('more-open').addEventListener('click', () => sheet.showModal());
    sheet.addEventListener('click', ({target}) => {
      const button = target.closest('[data-act]');
      if (!button) return;
      sheet.close();
      byId(button.dataset.act).click();
    });
  }
}
