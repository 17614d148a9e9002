// @ts-check
import fs from 'node:fs';

const checkMs = 1_000;

/**
 * Calls back once when the process that started this one is gone, even if it had no time to say so. On Windows
 * nothing tells, and the console ends its programs itself.
 * @param {() => void} onOrphaned
 */
export function whenOrphaned(onOrphaned) {
  if (process.platform === 'win32') return;
  const first = ancestry();
  const check = () => {
    if (ancestry() === first) setTimeout(check, checkMs).unref();
    else onOrphaned();
  };
  setTimeout(check, checkMs).unref();
}

/** Our parent; and npm, when it has put a shell between itself and us that would outlive it. */
function ancestry() {
  const parent = process.ppid;
  if (process.platform !== 'linux') return String(parent);
  try {
    const isShell = /^\S*sh\0-c\0/.test(fs.readFileSync(`/proc/${parent}/cmdline`, 'utf8'));
    const status = isShell ? fs.readFileSync(`/proc/${parent}/status`, 'utf8') : '';
    return `${parent} ${/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? ''}`;
  } catch {
    return `${parent} gone`;
  }
}
