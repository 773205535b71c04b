// Follows the stream, prints one event a line, and goes on where it was: node follow.mjs [URL [FILE]]
//
// Node 22 has all that it needs; older ones need `npm install ws`. It sends the token of $SIGNALCAST_TOKEN, which a
// development server on this machine does not ask for. FILE keeps the place. Who stores events in a database keeps the
// place there, in the same transaction.

import {existsSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';

const WebSocket = globalThis.WebSocket ?? (await import('ws')).default;
const [url = 'ws://127.0.0.1:8000/ws/', file = 'place.json'] = process.argv.slice(2);
const token = process.env.SIGNALCAST_TOKEN;

let place = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {from: 'earliest'};
let tries = 0;

function keep(next) {
  place = next;
  tries = 0;
  writeFileSync(`${file}.new`, JSON.stringify(place));
  renameSync(`${file}.new`, file);
}

/** One connection. Resolves to how many milliseconds at most to wait before the next; null is never. */
function follow() {
  // Scripts of a browser can set no header, so that this is how they send a token. Programs may use Authorization too.
  const socket = new WebSocket(url, ['signalcast.v1', ...(token ? [`signalcast.token.${token}`] : [])]);
  let epoch, position, watch, retry = Math.min(15000, 250 * 2 ** tries);
  let silence = 10000;

  const hear = ({data}) => {
    const [header, ...lines] = data.split('\n');
    const message = JSON.parse(header);
    if (message.op === 'welcome') {
      // The new epoch is kept only together with a place in it, which follows.
      ({epoch, from: position} = message);
      silence = 2.5 * message.heartbeat_ms;
    } else if (message.op === 'batch') {
      if (message.from !== position) return socket.close();    // something is missing: ask again
      position = message.to;
      for (const line of lines) console.log(line);
      keep({from: position, epoch, tip: message.tip});
      socket.send(JSON.stringify({op: 'ack', pos: position}));
    } else if (message.op === 'gap') {
      position = message.to;
      console.error(`Will not come: ${header}`);
      keep({from: position, epoch});
    } else if (message.op === 'error') {
      console.error(message.message);
    } else if (message.op === 'bye') {
      retry = message.retry_ms;
    }
    clearTimeout(watch);
    watch = setTimeout(() => socket.close(), silence);
  };

  return new Promise((done) => {
    watch = setTimeout(() => socket.close(), silence);
    socket.onopen = () => socket.send(JSON.stringify({op: 'hello', ...place}));
    socket.onmessage = hear;
    socket.onerror = ({message}) => console.error(`Cannot be reached: ${message ?? url}`);
    socket.onclose = ({code}) => {
      clearTimeout(watch);
      if (code >= 4400 && code <= 4999) console.error(`The server does not want us back (${code}).`);
      done(code >= 4400 && code <= 4999 ? null : retry);
    };
  });
}

let most;
while ((most = await follow()) !== null) {
  tries += 1;
  await sleep(Math.random() * most);
}
process.exitCode = 1;
