// An event as it came, a line of JSON: read where that is needed, since kept as values all of them would be too much. No DOM.

const SUMMARY = 300;    // characters shown of a summary

/** The event in a line, or null where the line is not a JSON object that has a type. */
export function read(line) {
  try {
    const event = JSON.parse(line);
    return event !== null && typeof event === 'object' && 'type' in event ? event : null;
  } catch {
    return null;
  }
}

/** What an event is about, in a line. Read where it is shown: kept for all, it would be most of what this page keeps. */
export const summaryOf = (line) => summaryIn(read(line));

/** The same of an event that is read already, or that could not be. @param {Record<string, any>|null} event */
export const summaryIn = (event) => (event?.summary === undefined ? '' : String(event.summary).slice(0, SUMMARY));
