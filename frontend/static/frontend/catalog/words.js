// Numbers and times of the catalog as people read them. No DOM.

import {count, rate, timeOfDay} from '../core/format.js';

const DAY_MS = 86_400_000;
const day = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short'});
const dayOfYear = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short', year: 'numeric'});

/** "402/s", "12/min", "0/min": how often, by what there was in a minute. */
export function often(perMinute) {
  if (perMinute >= 60) return rate(perMinute / 60);
  return perMinute ? `${count(Math.max(1, Math.round(perMinute)))}/min` : '0/min';
}

/** "842", "9,999", "310k", "1.2M". */
export function short(n) {
  if (n < 10_000) return count(n);
  return n < 1e6 ? `${Math.round(n / 1000)}k` : `${(n / 1e6).toFixed(n < 1e7 ? 1 : 0)}M`;
}

/** "0", "2.1%", "<0.1%"; "–" where nothing is known. */
export function share(part, whole) {
  if (!whole) return '–';
  const percent = part / whole * 100;
  return part ? `${percent < 0.1 ? '<0.1' : percent < 10 ? percent.toFixed(1).replace('.0', '') : Math.round(percent)}%` : '0';
}

/** "just now", "12 s ago", "3 min ago", "5 h ago", "12 May". @param {number} at @param {number} now */
export function ago(at, now) {
  const seconds = Math.max(0, now - at) / 1000;
  if (seconds < 8) return 'just now';
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h ago` : date(at, now);
}

/** "16:08" if it is not a day ago, else "12 May", or "12 May 2025". @param {number} at @param {number} now */
export function when(at, now) {
  return now - at < DAY_MS ? timeOfDay(at).slice(0, 5) : date(at, now);
}

function date(at, now) {
  if (Number.isNaN(at)) return '–';
  return (new Date(at).getFullYear() === new Date(now).getFullYear() ? day : dayOfYear).format(at);
}

/** Counts as points of a line within a box, scaled to the highest. @param {number[]} counts */
export function points(counts, width, height) {
  const most = Math.max(1, ...counts);
  return counts.map((n, i) => `${(i / (counts.length - 1) * width).toFixed(1)},${(height - 1.5 - n / most * (height - 3)).toFixed(1)}`).join(' ');
}
