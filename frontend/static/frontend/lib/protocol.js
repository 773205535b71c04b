// The messages of signalcast.v1, as data: no socket, no clock, no DOM. docs/protocol.md says what they mean.

export const SUBPROTOCOL = 'signalcast.v1';

export const BAD_REQUEST = 4400;
export const SIGN_IN = 4401;
export const FORBIDDEN = 4403;
export const NO_SUCH_STREAM = 4404;
export const UNKNOWN_SUBPROTOCOL = 4406;

/** Whether a client should come back after its socket was closed with this code. */
export const comesBack = (code) => code < 4400 || code > 4999;

/** The client's first message. What is undefined is left out, and the server's default holds. @param {Hello} [wanted] */
export const hello = ({stream, from, epoch, tip, filter, window, reactions, reactions_after, ghosts} = {}) =>
  JSON.stringify({op: 'hello', stream, from, epoch, tip, filter, window, reactions, reactions_after, ghosts});

/** Everything before `pos` is stored here; the server may send more. */
export const ack = (pos) => JSON.stringify({op: 'ack', pos});

/** Asks for another filter; null takes it away. */
export const filter = (wanted) => JSON.stringify({op: 'filter', filter: wanted});

const OF_LINES = new Set(['batch', 'reactions', 'ghosts']);

/**
 * A server's frame as a message. A batch gets `lines`, its events as they came: who stores them needs no parsing twice.
 * So do reactions and ghosts.
 * @param {string} frame
 * @throws {SyntaxError} when the frame, or the header of the batch, is not a JSON object
 */
export function parse(frame) {
  const end = frame.indexOf('\n');
  const message = JSON.parse(end < 0 ? frame : frame.slice(0, end));
  if (message === null || typeof message !== 'object') throw new SyntaxError('A frame is a JSON object.');
  if (OF_LINES.has(message.op)) message.lines = end < 0 ? [] : frame.slice(end + 1).split('\n');
  return message;
}

/** An event's position, or NaN where the event does not say. */
export const positionOf = (event) => Number(event?.sequence ?? NaN);
