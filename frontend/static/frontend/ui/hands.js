// What the reader's hands do to the rows, and so hold the list for: a click, the focus, a selection of text, a scroll.

import {GAP} from '../core/store.js';
import {copyFrom} from './copy.js';
import {Permalink} from './permalink.js';

export class Hands {
  /** @param {List} list @param {{open: (ordinal: number) => void, announce: (text: string) => void}} told */
  constructor(list, {open, announce}) {
    Object.assign(this, {list, open, announce});
    this.rows = list.rows;
    this.rows.addEventListener('focusin', ({target}) => this.#focused(target));
    this.rows.addEventListener('focusout', ({relatedTarget}) => this.#left(relatedTarget));
    this.rows.addEventListener('click', (event) => this.#clicked(event));
    document.addEventListener('selectionchange', () => this.#selecting());
  }

  /** Lets go of what is selected in the rows. */
  deselect() {
    if (this.rows.contains(getSelection().anchorNode)) getSelection().removeAllRanges();
  }

  scrolled() {
    if (this.list.port.isAtTop) this.list.hold.release('scrolled');
    else this.list.hold.hold('scrolled');
  }

  #focused(target) {
    const {focus, pool, hold} = this.list;
    focus.active = pool.of(target)?.ordinal ?? focus.active;
    hold.hold('focus');
  }

  /** A window that loses the focus keeps its place; it gives it back when it returns. So does a dialog. */
  #left(to) {
    if (document.hasFocus() && !this.rows.contains(to) && !to?.closest('dialog')) this.list.hold.release('focus');
  }

  #clicked({target}) {
    const row = this.list.pool.of(target);
    if (!row) return;
    const button = target.closest('[data-copy]');
    const {kind, line, position} = this.list.view.store.at(row.ordinal);
    if (button) copyFrom(button, button.dataset.copy === 'link' ? Permalink.to(position) : line, this.announce);
    else if (getSelection().isCollapsed && kind !== GAP) this.open(row.ordinal);
  }

  #selecting() {
    const selection = getSelection();
    if (!selection.isCollapsed && this.rows.contains(selection.anchorNode)) this.list.hold.hold('selection');
    else this.list.hold.release('selection');
  }
}
