/** Something with an owner that ends it: a timer, a listener, a panel, a request. */
export interface Disposable {
  dispose(): void;
}

/** Owns what is added to it; disposing twice is safe, and what comes after the end is disposed at once. */
export class DisposableStore implements Disposable {
  readonly #items = new Set<Disposable>();
  #disposed = false;

  get isDisposed(): boolean {
    return this.#disposed;
  }

  add<T extends Disposable>(item: T): T {
    if (this.#disposed) item.dispose();
    else this.#items.add(item);
    return item;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    // Last in, first out: later parts may lean on earlier ones.
    for (const item of [...this.#items].reverse()) item.dispose();
    this.#items.clear();
  }
}

/** A place for one thing that is replaced now and then, such as the current timer: the old one is disposed. */
export class DisposableSlot implements Disposable {
  #item: Disposable | undefined;
  #disposed = false;

  set(item: Disposable | undefined): void {
    const old = this.#item;
    this.#item = undefined;
    old?.dispose();
    if (this.#disposed) item?.dispose();
    else this.#item = item;
  }

  dispose(): void {
    this.set(undefined);
    this.#disposed = true;
  }
}
