// What a screen reader hears: one polite region, at most one sentence a second, the newest winning.

const PAUSE_MS = 1000;

/** @param {HTMLElement} region */
export function announcer(region) {
  let waiting = '', timer = 0;
  const speak = () => {
    timer = 0;
    if (!waiting || region.textContent === waiting) return;
    region.textContent = waiting;
    waiting = '';
    timer = setTimeout(speak, PAUSE_MS);
  };
  return (text) => {
    waiting = text;
    if (!timer) speak();
  };
}
