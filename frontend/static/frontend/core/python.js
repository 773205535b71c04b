// An event as Python that sends its signal again: in a shell with the rows that it was about, in a test with rows like
// them. Whatever comes from data is a literal in it, never a name. No DOM.

import {quoted} from './format.js';
import {closeOf, markAt, member, members, tokens} from './jsontext.js';

const NAME = /^[A-Za-z_]\w*$/;
const TAKEN = new Set(('False None True and as assert async await break class continue def del elif else except finally for from global if ' +
  'import in is lambda nonlocal not or pass raise return try while with yield sender signal self').split(' '));
const INSTANCE = /\{\s*"model"\s*:\s*"([^"\\]+)"\s*,\s*"pk"\s*:/y;
const WORDS = new Map([['true', 'True'], ['false', 'False'], ['null', 'None']]);
const LINE = 88;      // characters, above which arguments have lines of their own

/**
 * @typedef {object} Known what the server says of the project
 * @property {{type: string, path: string|null, shaped?: boolean}[]} signals where each signal is imported from, and
 *   whether its events carry something else than its arguments
 * @property {Record<string, string>} models "shop.order": "shop.models.Order"
 */

/** Lines for `manage.py shell`. @param {string} line an event @param {Known} known */
export function shell(line, known) {
  const code = new Code(line, known);
  const call = code.call('send', code.arguments((model, pk) => `${model}.objects.get(pk=${pk})`));
  return [...code.head(), '', call].join('\n');
}

/** A test that sends it, and wants every receiver to take it. @param {string} line @param {Known} known */
export function pytest(line, known) {
  const code = new Code(line, known);
  const call = code.call('send_robust', code.arguments((model, pk, fields) => {
    code.notes.add('A row has what the event holds of it: receivers may need more.');
    return `${model}(${[`pk=${pk}`, ...fields].join(', ')})`;
  }));
  return ['import pytest', ...code.head(), '', '', '@pytest.mark.django_db', `def test_every_receiver_takes_${code.signal}():`,
    ...`answers = ${call}`.split('\n').map((text) => `    ${text}`), '',
    '    assert [answer for _, answer in answers if isinstance(answer, Exception)] == []', ''].join('\n');
}

class Code {
  #imports = new Set();
  #before = [];      // lines between the imports and the rest
  notes = new Set();

  constructor(line, {signals, models}) {
    const {type, sender} = JSON.parse(line);
    const {path = null, shaped = false} = signals.find((signal) => signal.type === type) ?? {};
    this.models = models;
    this.sender = String(sender ?? '');
    const data = member(line, 'data') ?? '{}';
    this.members = data.startsWith('{') ? members(data) : [];
    this.signal = path ? this.#named(path) : 'signal';
    if (!path) this.#before.push(`signal = ${this.#named('events.catalog.attachment_of')}(${quoted(String(type))}).signal`);
    if (shaped) this.notes.add('This signal’s events carry what was made of its arguments: look at them.');
  }

  /** Everything above the call. */
  head() {
    const notes = [...this.notes].map((note) => `# ${note}`);
    return [...[...this.#imports].sort(), ...(this.#before.length ? ['', ...this.#before] : []), ...(notes.length ? ['', ...notes] : [])];
  }

  /** @param {(model: string, pk: string, fields: string[]) => string} write an instance */
  arguments(write) {
    const named = [`sender=${this.#sender()}`], others = [];
    for (const [name, text] of this.members) {
      const value = this.#value(text, write);
      if (NAME.test(name) && !TAKEN.has(name)) named.push(`${name}=${value}`);
      else others.push(`${quoted(name)}: ${value}`);
    }
    return others.length ? [...named, `**{${others.join(', ')}}`] : named;
  }

  call(method, args) {
    const flat = `${this.signal}.${method}(${args.join(', ')})`;
    return flat.length <= LINE ? flat : `${this.signal}.${method}(\n${args.map((arg) => `    ${arg},\n`).join('')})`;
  }

  #named(path) {
    const at = path.lastIndexOf('.');
    this.#imports.add(`from ${path.slice(0, at)} import ${path.slice(at + 1)}`);
    return path.slice(at + 1);
  }

  #model(label) {
    const path = Object.hasOwn(this.models, label) ? this.models[label] : '';
    if (path) return this.#named(path);
    return `${this.#named('django.apps.apps')}.get_model(${quoted(label)})`;
  }

  #sender() {
    const label = this.sender.toLowerCase();
    if (Object.hasOwn(this.models, label)) return this.#model(label);
    if (label) this.notes.add(`It was sent by ${quoted(this.sender)}.`);
    return 'None';
  }

  /** A value as a literal, numbers to the digit; instances as `write` has them. */
  #value(text, write) {
    let python = '', skipTo = 0;
    for (const token of tokens(text)) {
      if (token.start < skipTo) continue;
      const {text: piece, start} = token;
      const mark = piece === '{' && markAt(text, start);
      INSTANCE.lastIndex = start;
      const instance = piece === '{' && !mark && INSTANCE.exec(text);
      if (mark) {
        this.notes.add(`None stands for what the event does not show: ${quoted(mark.says)}.`);
        python += 'None';
        skipTo = mark.end;
      } else if (instance) {
        skipTo = closeOf(text, start).end;
        python += this.#instance(instance[1], text.slice(start, skipTo), write);
      } else if (token.string) python += quoted(JSON.parse(piece));
      else if (piece === ':' || piece === ',') python += `${piece} `;
      else python += WORDS.get(piece) ?? piece;
    }
    return python;
  }

  #instance(label, text, write) {
    const facts = new Map(members(text));
    const plain = (value) => this.#value(value, write);
    const fields = members(facts.get('fields') ?? '{}').filter(([name]) => NAME.test(name) && !TAKEN.has(name));
    return write(this.#model(label), plain(facts.get('pk') ?? 'null'), fields.map(([name, value]) => `${name}=${plain(value)}`));
  }
}
