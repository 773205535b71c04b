// The page of signals: what is known of each, asked for again every few seconds while somebody looks.

import {Query} from '../core/query.js';
import {UrlState} from '../core/urlstate.js';
import {visible} from '../core/format.js';
import {announcer} from '../ui/announce.js';
import {byId, mark, say} from '../ui/dom.js';
import {themeToggle} from '../ui/theme.js';
import {Find} from './find.js';
import {listenToKeys} from './keys.js';
import {Poll} from './poll.js';
import {Rail} from './rail.js';
import {Signal} from './signal.js';
import {Status} from './status.js';

const config = JSON.parse(byId('config').textContent);
const announce = announcer(byId('announce'));
const address = new UrlState();
const list = byId('catalog');
/** By type and by path, for two signals may send events of one type. @type {Map<string, Signal>} */
let signals = new Map();

const status = new Status({again: () => poll.ask()});
const find = new Find({changed: filter});
const rail = new Rail({show: (key) => signals.get(key)?.reveal()});
const poll = new Poll({url: config.signals, heard, lost: (why) => status.lost(why)});

function heard(told) {
  const now = Date.now();
  const before = signals;
  signals = new Map(told.signals.map((facts) => {
    const key = keyOf(facts);
    const signal = before.get(key) ?? new Signal({announce, events});
    signal.fill(facts, {now, whole: told.since === 1 && !told.skipped});
    return [key, signal];
  }));
  [...signals.values()].forEach(({element}, i) => {
    if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null);
  });
  while (list.children.length > signals.size) list.lastChild.remove();
  rail.draw([...signals].map(([key, {facts}]) => ({key, facts})));
  status.heard(told);
  show();
}

function filter() {
  address.set('q', find.text);
  show();
  if (!signals.size) return;
  const shown = [...signals.values()].filter(({element}) => !element.hidden).length;
  announce(find.text ? `${shown} of ${signals.size} signals` : `${signals.size} signals`);
}

function show() {
  const shown = [...signals].filter(([key, signal]) => {
    const is = find.matches(signal.text);
    mark(signal.element, 'hidden', !is);
    rail.mark(key, is);
    return is;
  });
  find.count(shown.map(([, {facts}]) => facts), signals.size);
  mark(byId('nothing'), 'hidden', Boolean(shown.length));
  mark(byId('nothing-clear'), 'hidden', !signals.size);
  say(byId('nothing-title'), signals.size ? 'Nothing is called so' : 'No signal is streamed here');
  say(byId('nothing-text'), signals.size
    ? `No signal, receiver or field has “${visible(find.text)}” in its name.`
    : 'Name some in SIGNALCAST["SIGNALS"], and restart; or it may be that you may follow none of them.');
}

/** The dashboard, with the events of which this is so. */
const events = (field, name) => `${config.dashboard}?${new URLSearchParams({q: new Query('').with(field, name)})}`;

const keyOf = ({type, path}) => `${type} ${path ?? ''}`;

themeToggle(byId('theme'));
listenToKeys({
  find: () => find.focus(),
  escape: () => find.clear(),
  next: () => move(1),
  previous: () => move(-1),
  theme: () => byId('theme').click(),
});
byId('nothing-clear').addEventListener('click', () => find.clear());
find.set(address.get('q'));
poll.start();

/** To the signal after the one that has the focus, or before. */
function move(by) {
  const shown = [...signals.values()].filter(({element}) => !element.hidden);
  const at = shown.findIndex(({element}) => element.contains(document.activeElement));
  shown[at < 0 ? 0 : Math.min(Math.max(at + by, 0), shown.length - 1)]?.reveal();
}
