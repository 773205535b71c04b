// What a screen reader hears: one polite region, at most one sentence a second, the newest winning.

const PAUSE_MS = 1000;

/** @param {HTMLElement} region @param {() => boolean} [wanted] whether the reader wants to hear anything */
export function announcer(region, wanted = () => true) {
  let waiting = '', timer = 0;
  const speak = () => {
    timer = 0;
    if (!waiting || region.textContent === waiting) return;
    region.textContent = waiting;
    waiting = '';
    timer = setTimeout(speak, PAUSE_MS);
  };
  return (text) => {
    if (!wanted()) return;
    waiting = text;
    if (!timer) speak();
  };
}
