// @ts-check
import fs from 'node:fs';

const checkMs = 1_000;

/**
 * Calls back once when the parent process is gone, even if it was killed. On Windows this can't be detected,
 * and the console ends its programs itself.
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

/** Returns the parent process, and npm if it has put a shell in between that would outlive it. */
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
