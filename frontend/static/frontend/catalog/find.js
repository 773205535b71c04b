// The line that finds signals: every word must be in a signal's name, its description, its receivers or its fields.

import {count, plural} from '../core/format.js';
import {byId, h, mark} from '../ui/dom.js';

export class Find {
  #words = [];

  /** @param {{changed: () => void}} parts */
  constructor({changed}) {
    this.changed = changed;
    this.field = byId('q');
    this.field.addEventListener('input', () => this.#read());
    byId('clear').addEventListener('click', () => {
      this.clear();
      this.focus();
    });
  }

  get text() {
    return this.field.value.trim();
  }

  set(text) {
    this.field.value = text;
    this.#read();
  }

  clear() {
    if (this.field.value) this.set('');
    else this.field.blur();
  }

  focus() {
    this.field.focus();
    this.field.select();
  }

  /** @param {string} text in lower case */
  matches(text) {
    return this.#words.every((word) => text.includes(word));
  }

  /** Says what is shown. @param {any[]} shown @param {number} all */
  count(shown, all) {
    const receivers = new Set(shown.flatMap((facts) => (facts.receivers ?? []).map((each) => each.receiver).filter(Boolean)));
    const signals = this.#words.length ? `${count(shown.length)} of ${plural(all, 'signal')}` : plural(all, 'signal');
    const [number, ...rest] = signals.split(' ');
    byId('found').replaceChildren(h('b', {}, number), ` ${rest.join(' ')}, ${plural(receivers.size, 'receiver')}`);
  }

  #read() {
    this.#words = this.text.toLowerCase().split(/\s+/).filter(Boolean);
    mark(byId('clear'), 'hidden', !this.text);
    mark(byId('find-key'), 'hidden', Boolean(this.text));
    this.changed();
  }
}
