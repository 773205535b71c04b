// "Go to a time or a position": takes one, from the field or the address, and says why there is no such event.

import {moment} from '../core/moment.js';
import {NotSaid, firstSince} from '../lib/since.js';
import {byId, mark, tell} from './dom.js';

const POSITION = /^[1-9](\d{0,14}|\d{0,2}([\s.,]\d{3}){0,4})$/;

export class Go {
  /** @param {(position: number) => Promise<string>} show opens the event there; says why not, or nothing */
  constructor(show) {
    this.show = show;
    this.element = byId('go');
    this.field = byId('go-position');
    byId('go-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.take(this.field.value);
    });
  }

  /** Asks for a position. @param {string} [text] one that was tried @param {string} [why] that did not help */
  open(text = '', why = '') {
    this.field.value = text;
    tell(byId('go-error'), why);
    mark(this.field, 'aria-invalid', why ? 'true' : null);
    if (!this.element.open) this.element.showModal();
    this.field.select();
  }

  /** Goes to a position, or to the first event since a time. @param {string} text as somebody wrote it: 1,203,944, 12:14 */
  async take(text) {
    const at = moment(text.trim());
    let why = 'A position is a number: 1, 2, 3, … A time is 12:14, 12:14:05 or 2026-11-30T12:14:05Z.';
    if (POSITION.test(text.trim())) why = await this.show(Number(text.replace(/\D/g, '')));
    else if (!Number.isNaN(at)) why = await this.#since(at);
    if (why) this.open(text, why);
    else this.element.close();
  }

  async #since(ms) {
    try {
      const {from, head} = await firstSince(ms);
      return from > head ? 'Nothing has happened since then.' : await this.show(from);
    } catch (error) {
      if (!(error instanceof NotSaid)) throw error;
      return error.message;
    }
  }
}
