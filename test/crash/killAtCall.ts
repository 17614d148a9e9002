// Loaded into a window before anything else: kills its process at a system call that changes something, counted from 1
// (NEBULA_KILL_AT), just before it is made. What SQLite does within a call of its own is one call here.
import fs from 'node:fs';
import promises, { type FileHandle } from 'node:fs/promises';
import net from 'node:net';
import { DatabaseSync, StatementSync } from 'node:sqlite';

const SYNC_CALLS = [
  'mkdirSync',
  'openSync',
  'writeSync',
  'writeFileSync',
  'fsyncSync',
  'renameSync',
  'rmSync',
];
const PROMISE_CALLS = ['mkdir', 'open', 'writeFile', 'rename', 'rm'];
/** Settings of a connection, and what only reads. */
const CHANGES_NOTHING = /^(PRAGMA (?!user_version)[^;]*|BEGIN(; SELECT.*)?|ROLLBACK)$/;
const HANDLE_CALLS = ['write', 'writeFile', 'sync', 'datasync', 'truncate'];

/** @param onCall called before each call, with its name */
function wrap(
  target: object,
  names: readonly string[],
  onCall: (name: string, self: unknown, argument: unknown) => void,
): void {
  for (const name of names) {
    const original = Reflect.get(target, name) as (...args: unknown[]) => unknown;
    Reflect.set(target, name, function (this: unknown, ...args: unknown[]): unknown {
      onCall(name, this, args[0]);
      return original.apply(this, args);
    });
  }
}

function install(killAt: number): void {
  const { writeSync } = fs;
  let calls = 0;
  const count = (name: string, _: unknown, argument: unknown) => {
    if (++calls !== killAt) return;
    const about = typeof argument === 'string' ? ` ${argument.replace(/\s+/g, ' ').slice(-60)}` : '';
    writeSync(1, `kill ${JSON.stringify(name + about)}\n`);
    // Synchronously: nothing follows it.
    process.kill(process.pid, 'SIGKILL');
  };
  wrap(fs, SYNC_CALLS, count);
  wrap(DatabaseSync.prototype, ['exec'], (name, self, sql) => {
    if (typeof sql !== 'string' || !CHANGES_NOTHING.test(sql)) count(name, self, sql);
  });
  wrap(StatementSync.prototype, ['run'], count);
  // What goes to the parent is no call of the window's.
  wrap(net.Socket.prototype, ['_writeGeneric'], (name, self) => {
    if ((self as net.Socket).remoteAddress !== undefined) count(name, self, 'to the network');
  });
  wrap(promises, PROMISE_CALLS, count);
  const { open } = promises;
  let isHandleWrapped = false;
  Reflect.set(promises, 'open', async (...args: Parameters<typeof open>): Promise<FileHandle> => {
    const handle = await open(...args);
    if (!isHandleWrapped) wrap(Object.getPrototypeOf(handle) as object, HANDLE_CALLS, count);
    isHandleWrapped = true;
    return handle;
  });
}

install(Number(process.env['NEBULA_KILL_AT']));
