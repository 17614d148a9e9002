// Preloaded into a window. Kills its process just before a system call that changes something, counted from 1
// (NEBULA_KILL_AT). All work of SQLite within one call counts as one.
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
/** Matches statements that configure a connection or only read. */
const CHANGES_NOTHING = /^(PRAGMA (?!user_version)[^;]*|BEGIN(; SELECT.*)?|ROLLBACK)$/;
const HANDLE_CALLS = ['write', 'writeFile', 'sync', 'datasync', 'truncate'];

/** @param onCall called with the name before each call */
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
    // Synchronous, so no code runs after it.
    process.kill(process.pid, 'SIGKILL');
  };
  wrap(fs, SYNC_CALLS, count);
  wrap(DatabaseSync.prototype, ['exec'], (name, self, sql) => {
    if (typeof sql !== 'string' || !CHANGES_NOTHING.test(sql)) count(name, self, sql);
  });
  wrap(StatementSync.prototype, ['run'], count);
  // Messages to the parent aren't calls of the window.
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
