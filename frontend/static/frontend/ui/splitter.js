// The edge between list and detail: dragged, or moved with the arrow keys; its place is kept for the next visit.

import {keep, kept} from '../core/kept.js';

const KEY = 'detail-width';
const [LEAST, MOST, STEP] = [320, 800, 16];

/** @param {HTMLElement} splitter @param {HTMLElement} work the element whose column it sets */
export function splitterOf(splitter, work) {
  const set = (width) => {
    const px = Math.round(Math.min(MOST, Math.max(LEAST, width)));
    work.style.setProperty('--detail-w', `${px}px`);
    splitter.setAttribute('aria-valuenow', String(px));
    keep(KEY, String(px));
  };
  const now = () => splitter.parentElement.getBoundingClientRect().width;

  splitter.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    splitter.setPointerCapture(event.pointerId);
  });
  splitter.addEventListener('pointermove', (event) => {
    if (splitter.hasPointerCapture(event.pointerId)) set(work.getBoundingClientRect().right - event.clientX);
  });
  splitter.addEventListener('keydown', (event) => {
    const by = new Map([['ArrowLeft', STEP], ['ArrowRight', -STEP], ['Home', MOST], ['End', -MOST]]).get(event.key);
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    set(now() + by);
  });
  const width = Number(kept(KEY));
  if (width) set(width);
}
