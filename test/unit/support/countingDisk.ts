import { systemDisk, type Disk } from '../../../src/core/common/fileSystem';

/** Counts operations in progress on disks and their files, so that the clock can wait for them. */
export class CountingDisk {
  #underWay = 0;

  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  /** Wraps the disk to count its operations. */
  around(disk: Disk = systemDisk): Disk {
    return this.#counted(disk);
  }

  #counted<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (whole, key) => {
        const value: unknown = Reflect.get(whole, key, whole);
        if (typeof value !== 'function') return value;
        const work = value as (...args: unknown[]) => unknown;
        return (...args: unknown[]): unknown => {
          const result = work.apply(whole, args);
          return result instanceof Promise ? this.#count(result) : result;
        };
      },
    });
  }

  async #count(work: Promise<unknown>): Promise<unknown> {
    this.#underWay++;
    try {
      const result = await work;
      return isFile(result) ? this.#counted(result) : result;
    } finally {
      this.#underWay--;
    }
  }
}

function isFile(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'fd' in value;
}
