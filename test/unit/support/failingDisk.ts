import type { FileHandle } from 'node:fs/promises';
import { systemDisk, type Disk } from '../../../src/core/common/fileSystem';

/** Operations that can fail: those of the disk, and of the files that it opens. */
export type DiskCall = keyof Disk | 'write' | 'writeFile' | 'sync' | 'datasync' | 'truncate';

const FILE_CALLS: ReadonlySet<string> = new Set<DiskCall>([
  'write',
  'writeFile',
  'sync',
  'datasync',
  'truncate',
]);

/** The system's disk with injected errors: full, read-only, removed. */
export class FailingDisk implements Disk {
  /** Error codes to inject, by operation, as long as they're in the map. */
  readonly faults = new Map<DiskCall, string>();
  /** Called before each operation. */
  before: (call: DiskCall, file: string) => void = () => undefined;

  readonly mkdir = this.#guarded('mkdir');
  readonly readFile = this.#guarded('readFile');
  readonly readdir = this.#guarded('readdir');
  readonly rename = this.#guarded('rename');
  readonly rm = this.#guarded('rm');
  readonly stat = this.#guarded('stat');
  readonly statfs = this.#guarded('statfs');
  readonly open = (async (...args: Parameters<Disk['open']>) => {
    this.#check('open', String(args[0]));
    return this.#guardedFile(await systemDisk.open(...args), String(args[0]));
  }) satisfies Disk['open'];

  #guarded<K extends keyof Disk>(call: K): Disk[K] {
    const work = systemDisk[call] as (...args: unknown[]) => Promise<unknown>;
    return (async (...args: unknown[]) => {
      this.#check(call, String(args[0]));
      return work(...args);
    }) as unknown as Disk[K];
  }

  #guardedFile(handle: FileHandle, file: string): FileHandle {
    return new Proxy(handle, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        const work = value as (...args: unknown[]) => unknown;
        if (typeof key !== 'string' || !FILE_CALLS.has(key)) return work.bind(target);
        return async (...args: unknown[]): Promise<unknown> => {
          this.#check(key as DiskCall, file);
          return await work.apply(target, args);
        };
      },
    });
  }

  #check(call: DiskCall, file: string): void {
    this.before(call, file);
    const code = this.faults.get(call);
    if (code === undefined) return;
    throw Object.assign(new Error(`${code}: as told, ${call} '${file}'`), { code, errno: -1, syscall: call });
  }
}
