// One page of a stream's history: a second, short connection, which asks by position and ends with the page.

import {SUBPROTOCOL, ack, hello, parse} from './protocol.js';

const SILENCE_MS = 10000;    // without a word for so long, the page will not come

/** Why a page did not come, in words; `replaced` if the log is not the one that was asked for. */
export class NoPage extends Error {
  constructor(message, replaced = false) {
    super(message);
    this.replaced = replaced;
  }
}

/**
 * The events of [from, to), as they came: `lines[i]` is at position `from + i`. Where the server has let the first ones
 * go, `from` is the first that is left.
 * @param {URL} url of the websocket
 * @param {{stream: string, epoch: string, from: number, to: number}} wanted
 * @returns {Promise<{from: number, lines: string[]}>} rejected with NoPage
 */
export function readPage(url, {stream, epoch, from, to}, {WebSocket = globalThis.WebSocket} = {}) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.href, SUBPROTOCOL);
    const page = {from, lines: []};
    let why = 'the connection was lost', timer = 0;

    const end = (settle, result) => {
      clearTimeout(timer);
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
      settle(result);
    };
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => end(reject, new NoPage('the server does not answer')), SILENCE_MS);
    };
    const reach = (position) => {
      if (position < to) socket.send(ack(position));
      else end(resolve, {from: page.from, lines: page.lines.slice(0, to - page.from)});
    };
    const receive = ({op, reason, message, from: start, to: position, lines}) => {
      if (op === 'error') why = message.replace(/\.$/, '');
      if (op === 'gap') {
        if (reason === 'epoch') throw new NoPage('the log was replaced', true);
        Object.assign(page, {from: position, lines: []});
        reach(position);
      }
      if (op === 'batch') {
        if (start !== page.from + page.lines.length) throw new NoPage('the server left some out');
        page.lines.push(...lines);
        reach(position);
      }
    };

    wait();
    socket.onopen = () => socket.send(hello({stream, from, epoch, window: Math.max(2, to - from), reactions: false}));
    socket.onclose = () => end(reject, new NoPage(why));
    socket.onmessage = ({data}) => {
      wait();
      try {
        receive(parse(data));
      } catch (error) {
        end(reject, error instanceof NoPage ? error : new NoPage('the server sent what cannot be read'));
      }
    };
  });
}
