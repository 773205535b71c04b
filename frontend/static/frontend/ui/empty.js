// The page before its first event: what to type, as the server knows it for this project, and what is listened to.

import {hue, plural, split} from '../core/format.js';
import {copyFrom} from './copy.js';
import {byId, h, mark, say} from './dom.js';

export class Empty {
  /** @param {{config: {signals: {type: string, receivers: number}[], examples: {shell: string, code: string}}, announce: (text: string) => void}} parts */
  constructor({config, announce}) {
    this.element = byId('empty');
    this.listening = plural(config.signals.length, 'signal');
    say(byId('listen-title'), `Listening to ${this.listening}`);
    byId('listen').replaceChildren(...config.signals.map(row));
    byId('example-shell').textContent = config.examples.shell;
    byId('example-code').replaceChildren(...config.examples.code.split(/\b(from|import)\b/).map((part) =>
      part === 'from' || part === 'import' ? h('span', {class: 'code__dim'}, part) : part));
    for (const id of ['example-shell', 'example-code']) mark(byId(id).closest('.step'), 'hidden', !byId(id).textContent);
    this.element.addEventListener('click', ({target}) => {
      const button = /** @type {HTMLElement|null} */ (target.closest('[data-copy]'));
      if (button) copyFrom(button, config.examples[button.dataset.copy], announce);
    });
  }

  draw(shown, connected) {
    mark(this.element, 'hidden', !shown);
    mark(document.body, 'data-empty', shown);
    say(byId('empty-lead'), connected ? `Connected and listening to ${this.listening}.` : `Listening to ${this.listening}, but this page is not connected at the moment.`);
  }
}

function row({type, receivers}) {
  const [app, name] = split(type);
  return h('li', {class: 'listen__row', 'data-hue': hue(type)}, h('i', {class: 'swatch'}), h('span', {class: 'cut', title: type}, h('span', {class: 'ns'}, app), name),
    h('span', {class: 'listen__n', 'data-zero': receivers === 0}, receivers ? String(receivers) : 'none'));
}
