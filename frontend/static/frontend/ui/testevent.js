// "Send a test event": offered only where the page's configuration says that this reader may; what came of it is said there.

import {sayBriefly} from './copy.js';
import {byId, mark, say} from './dom.js';

export class TestEvent {
  #busy = false;

  /** @param {{config: {test?: {address: string, header: string, token: string}|null, signals: {type: string}[], open: boolean}, announce: (text: string) => void}} parts */
  constructor({config, announce}) {
    Object.assign(this, {config, announce});
    const shown = Boolean(config.test) && config.signals.length > 0;
    for (const place of document.querySelectorAll('[data-test-event]')) {
      const [button, says] = [place.querySelector('button'), place.querySelector('.test__says')];
      mark(place, 'hidden', !shown);
      button.addEventListener('click', () => this.send(button.querySelector('span'), says));
    }
    if (shown && config.open) say(byId('test-why'), 'Shown while DEBUG is on. Stays on this stream; no receiver runs.');
  }

  /** @param {HTMLElement} label of the button @param {HTMLElement} says where it is said if it was not sent */
  async send(label, says) {
    if (this.#busy) return;
    this.#busy = true;
    const why = await this.#ask();
    this.#busy = false;
    this.announce(why || 'A test event was sent');
    says.dataset.said ??= says.textContent;
    say(says, why || says.dataset.said);
    if (!why) sayBriefly(label, 'Sent');
  }

  /** @returns {Promise<string>} why it was not sent; empty if it was */
  async #ask() {
    const {address, header, token} = this.config.test, [{type}] = this.config.signals;
    try {
      const answer = await fetch(address, {method: 'POST', headers: {[header]: token, 'Content-Type': 'application/json'}, body: JSON.stringify({type})});
      if (answer.ok) return '';
      return String((await answer.json()).error ?? `It was not sent (${answer.status}).`);
    } catch {
      return 'The server did not answer, or not in words. Is it running?';
    }
  }
}
