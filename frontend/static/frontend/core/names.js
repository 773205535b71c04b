// Names that many events share, kept once: a small number stands for each. No DOM.

const MOST = 65535;    // names that are kept; later ones are read from their lines

export class Names {
  #names = ['', ''];   // 0 is a name not kept, 1 no name
  #ids = new Map();

  /** The number of a name; 0 where there is no room for it. */
  id(name) {
    if (!name) return 1;
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.#names.length < MOST ? this.#names.length : 0;
      if (id) {
        this.#names.push(name);
        this.#ids.set(name, id);
      }
    }
    return id;
  }

  of(id) {
    return this.#names[id];
  }
}
