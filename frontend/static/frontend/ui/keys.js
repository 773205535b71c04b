// The keyboard. Single keys act on the page only while no text field has the focus and no modifier is down.

import {takesText} from './dom.js';

/** Elements that use Space, Enter and the arrows themselves. */
const OPERATED = 'button, a, summary, [role=separator]';
const SCROLLED = '.detail__body, .json, .code__text';

/** @param {{pause(): void, live(): void, move(by: number|string): void, open(): void, escape(): void}} page */
export function listenToKeys(page) {
  const anywhere = new Map([['l', page.live], ['j', () => page.move(1)], ['k', () => page.move(-1)], ['Escape', page.escape]]);
  const onList = new Map([
    ['ArrowDown', () => page.move(1)], ['ArrowUp', () => page.move(-1)], ['PageDown', () => page.move('page')], ['PageUp', () => page.move('-page')],
    ['Home', () => page.move('newest')], ['End', () => page.move('oldest')], ['Enter', page.open], [' ', page.pause],
  ]);

  document.addEventListener('keydown', (event) => {
    const {key, target} = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || takesText(target)) return;
    const used = target.closest?.(OPERATED) || (key !== ' ' && target.closest?.(SCROLLED));
    const act = anywhere.get(key.length === 1 ? key.toLowerCase() : key) ?? (used ? undefined : onList.get(key));
    if (!act) return;
    event.preventDefault();
    act();
  });
}
