// The position of a stream, kept in a Storage, so that a reloaded page resumes where it was.

export class Bookmark {
  /** @param {Storage|null} storage null keeps nothing */
  constructor(storage, key) {
    this.storage = storage;
    this.key = key;
  }

  /** @returns {{epoch: string, position: number}|null} */
  read() {
    try {
      const {epoch, position} = JSON.parse(this.storage?.getItem(this.key) ?? 'null');
      return Number.isSafeInteger(position) ? {epoch, position} : null;
    } catch {
      return null;   // nothing kept, or forbidden, or written by somebody else
    }
  }

  write({epoch, position}) {
    if (position === null) return;
    try {
      this.storage?.setItem(this.key, JSON.stringify({epoch, position}));
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
