// Values as people read them. No DOM.

const grouped = new Intl.NumberFormat('en-GB');

export const count = (n) => grouped.format(n);

/** "1 event", "2 events". */
export const plural = (n, noun) => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;

/** Events per second: "0.4/s", "9/s", "1,004/s", "12.4k/s". */
export function rate(perSecond) {
  if (perSecond > 9999) return `${(perSecond / 1000).toFixed(1)}k/s`;
  return `${perSecond > 0 && perSecond < 1 ? perSecond.toFixed(1) : count(Math.round(perSecond))}/s`;
}

/** How often, by the second or by the minute: "1,004/s", "12/min". @param {Pace} pace */
export const pace = ({rate: perSecond, minute, slow}) => (slow ? `${count(minute)}/min` : rate(perSecond));

/** "0.4", "18.4", "3,020": as exact as can be read. */
export const milliseconds = (ms) => (ms >= 1000 ? count(Math.round(ms)) : ms < 0.05 && ms > 0 ? '<0.1' : ms.toFixed(1));

/** With its unit: "18 ms", "3.0 s". */
export const duration = (ms) => (ms >= 10000 ? `${Math.round(ms / 1000)} s` : ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${ms >= 10 ? Math.round(ms) : milliseconds(ms)} ms`);

/** A share of all: "0", "<0.1%", "2.1%", "20%". */
export const percent = (share) => (share === 0 ? '0' : share < 0.001 ? '<0.1%' : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`);

export function bytes(n) {
  if (n < 1000) return `${n} B`;
  if (n < 1e6) return `${Math.round(n / 1000)} kB`;
  return `${(n / 1e6).toFixed(n < 1e7 ? 1 : 0)} MB`;
}

/** Milliseconds since 1970 in the reader's zone: "2026-11-30 16:08:43.350", and a letter. */
export const local = (ms) => new Date(ms - new Date(ms).getTimezoneOffset() * 60000).toISOString().replace('T', ' ');

/** A time alone is one of the last 24 hours, as in the filter; what is older has its day before it. */
const isOld = (ms) => Date.now() - ms >= 864e5;

/** For a column: "16:08:" and "43.350"; with a day in the place of the milliseconds "11-30 16:08:" and "43". */
export function clock(ms) {
  if (Number.isNaN(ms)) return ['', '–'];
  const [start, end] = isOld(ms) ? [5, 19] : [11, 23], text = local(ms);
  return [text.slice(start, 17), text.slice(17, end)];
}

export const time = (ms, end = 23) => local(ms).slice(isOld(ms) ? 0 : 11, end);

/** Without the milliseconds. */
export const shortTime = (ms) => time(ms, 19);

/** The day or the time, whichever tells more, where there is room for one. */
export const dayOrTime = (ms) => shortTime(ms).split(' ')[0];

/** Of whatever day. */
export const timeOfDay = (ms) => local(ms).slice(11, 19);

/** "academy.order_paid" as ["academy.", "order_paid"]: the part that repeats, and the part that tells. */
export function split(name) {
  const end = name.lastIndexOf('.') + 1;
  return [name.slice(0, end), name.slice(end)];
}

/** A stable hue for a name, the same for every reader: FNV-1a, from a basis that tells the example's signals apart. */
export function hue(name) {
  let hash = BASIS;
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) % 6;
}
const BASIS = 0x811ca255;

// Characters that would hide, reorder or break what stands beside them: controls, direction marks, and halves of pairs.
const UNSEEN = /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;
const named = (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The text with whatever cannot be seen written out as "\u202e". */
export const visible = (text) => text.replace(UNSEEN, named);

/** The text as a JSON string in which nothing is hidden; line breaks and the like in their short form. */
export const quoted = (text) => visible(JSON.stringify(text));

/** JSON as people read it: in a string, letters are letters. */
export const legible = (json) => (json.startsWith('"') ? quoted(JSON.parse(json)) : visible(json));
