// What happens to a page, told to its stream: offline and online, hidden and shown, put into the cache and taken out.

const HIDDEN_MS = 5 * 60 * 1000;   // hidden for longer, a page gives up its socket, and resumes by position

/** @param {{close(name?: string): void, retryNow(): void, name: string, local: boolean}} stream */
export function followPage(stream, page = globalThis) {
  let asleep = 0;
  const wake = () => {
    clearTimeout(asleep);
    if (stream.name !== 'closed') stream.retryNow();
  };

  const rest = (name) => stream.name !== 'closed' && stream.name !== 'refused' && stream.close(name);
  const unplug = () => !stream.local && rest('offline');

  if (page.navigator?.onLine === false) unplug();
  page.addEventListener('online', wake);
  page.addEventListener('offline', unplug);
  page.addEventListener('pagehide', () => rest('asleep'));
  page.addEventListener('pageshow', ({persisted}) => persisted && wake());
  page.document?.addEventListener('visibilitychange', () => {
    if (page.document.hidden) asleep = setTimeout(() => rest('asleep'), HIDDEN_MS);
    else wake();
  });
}
