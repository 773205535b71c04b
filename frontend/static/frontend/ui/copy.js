// Copying, said in place: a text button reads "Copied" for a moment, an icon button gets it as its name.

import {swapIcon} from './dom.js';

const SAID_MS = 1500;

/** @param {HTMLElement} button @param {string} text */
export async function copyFrom(button, text, announce) {
  const said = await write(text) ? 'Copied' : 'Copying is not allowed here';
  const icon = button.querySelector('svg');
  if (icon) swapIcon(icon, 'i-ok');
  else if (!button.dataset.said) button.dataset.said = button.textContent;
  if (!icon) button.textContent = said;
  announce(said);
  setTimeout(() => {
    if (icon) swapIcon(icon, 'i-copy');
    else button.textContent = button.dataset.said;
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
