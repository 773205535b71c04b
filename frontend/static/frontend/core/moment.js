// A moment as people write it: 12:14, 12:14:05, 2026-11-30, 2026-11-30T12:14:05, with Z or +01:00 where it shall be the
// same for readers elsewhere. No DOM.

const TIME = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const BOTH = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/i;

/** Milliseconds since 1970; NaN where it is no moment. A time alone is of today, or of yesterday where that is yet to come. */
export function moment(text, now = Date.now()) {
  const time = TIME.exec(text);
  if (time) {
    const [hours, minutes, seconds] = [time[1], time[2], time[3] ?? 0].map(Number);
    if (hours > 23 || minutes > 59 || seconds > 59) return NaN;
    const at = new Date(now).setHours(hours, minutes, seconds, 0);
    return at > now ? new Date(at).setDate(new Date(at).getDate() - 1) : at;
  }
  if (DATE.test(text)) return Date.parse(`${text}T00:00:00`);
  return BOTH.test(text) ? Date.parse(text.replace(' ', 'T')) : NaN;
}

/** The same for every reader, to the second: 2026-11-30T12:14:05Z. */
export const written = (ms) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
