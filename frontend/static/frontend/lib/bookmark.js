// The position of a stream and of its notes, kept in a Storage, so that a reloaded page resumes where it was.

export class Bookmark {
  /** @param {Storage|null} storage null keeps nothing */
  constructor(storage, key) {
    this.storage = storage;
    this.key = key;
  }

  /** @returns {{epoch: string, position: number, noted: number|undefined}|null} */
  read() {
    try {
      const {epoch, position, noted} = JSON.parse(this.storage?.getItem(this.key) ?? 'null');
      return Number.isSafeInteger(position) ? {epoch, position, noted: Number.isSafeInteger(noted) ? noted : undefined} : null;
    } catch {
      return null;   // nothing kept, or forbidden, or written by somebody else
    }
  }

  write({epoch, position, noted}) {
    if (position === null) return;
    try {
      this.storage?.setItem(this.key, JSON.stringify({epoch, position, noted}));
    } catch {
      // Full or forbidden: a reload then starts like a first visit.
    }
  }

  forget() {
    try {
      this.storage?.removeItem(this.key);
    } catch {
      // Forbidden: then nothing was kept either.
    }
  }
}
