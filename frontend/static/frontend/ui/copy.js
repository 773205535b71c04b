// Copying, said in place: a text button reads "Copied" for a moment, an icon button shows a tick, or a cross.

import {swapIcon} from './dom.js';

const SAID_MS = 1500;

/** @param {HTMLElement} button @param {string} text */
export async function copyFrom(button, text, announce) {
  const done = await write(text), said = done ? 'Copied' : 'Copying is not allowed here';
  const picture = button.querySelector('svg');
  announce(said);
  if (!picture) return sayBriefly(button, said);
  picture.dataset.said ??= picture.firstElementChild.getAttribute('href').slice(1);    // also while it is a tick
  swapIcon(picture, done ? 'i-ok' : 'i-close');
  return setTimeout(() => swapIcon(picture, picture.dataset.said), SAID_MS);
}

/** Has an element read so for a moment. */
export function sayBriefly(element, text) {
  element.dataset.said ??= element.textContent;
  element.textContent = text;
  setTimeout(() => {
    element.textContent = element.dataset.said;
  }, SAID_MS);
}

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);   // no clipboard over plain http, except on this machine
  }
}

function copySelected(text) {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'vh';
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  focused?.focus?.();
  return done;
}
