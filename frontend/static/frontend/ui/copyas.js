// What the open event is copied as: code that sends it again, a test, a request, the event, its payload, its address.

import {member} from '../core/jsontext.js';
import {pytest, shell} from '../core/python.js';
import {Permalink} from './permalink.js';

/** Words that a terminal takes as they are. */
const word = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

export class CopyAs {
  /** @param {Known & {open: boolean}} config */
  constructor(config) {
    this.config = config;
  }

  /** @param {'shell'|'pytest'|'curl'|'event'|'payload'|'link'} what @param {{line: string, position: number}} entry */
  text(what, {line, position}) {
    if (what === 'shell') return shell(line, this.config);
    if (what === 'pytest') return pytest(line, this.config);
    if (what === 'curl') return this.#curl(JSON.parse(line).id);
    if (what === 'payload') return member(line, 'data') ?? line;
    return what === 'link' ? Permalink.to(position) : line;
  }

  /** The event over HTTP, by its id. Where one has to sign in, with a token. */
  #curl(id) {
    const address = new URL(`api/events/${encodeURIComponent(id)}/`, location.href.replace(/[?#].*/, ''));
    const token = this.config.open ? '' : ' -H "Authorization: Bearer $SIGNALCAST_TOKEN"';
    return `curl${token} ${word(address.href)}`;
  }
}
