/** A resource that its owner must release: a timer, a listener, a panel, a request. */
export interface Disposable {
  dispose(): void;
}

/** Owns disposables. Disposing twice is safe; disposables added afterward are disposed at once. */
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
    // In reverse order: later ones may depend on earlier ones.
    for (const item of [...this.#items].reverse()) item.dispose();
    this.#items.clear();
  }
}

/** Holds one disposable, such as the current timer. Disposes the old one when it's replaced. */
export class MutableDisposable implements Disposable {
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
