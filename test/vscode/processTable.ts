import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly commandLine: string;
}

/** Returns all processes below one, including indirect ones. */
export function descendantsOf(pid: number): ProcessEntry[] {
  const all = processTable();
  const found: ProcessEntry[] = [];
  const parents = [pid];
  for (let parent = parents.pop(); parent !== undefined; parent = parents.pop()) {
    for (const entry of all) {
      if (entry.parent !== parent) continue;
      found.push(entry);
      parents.push(entry.pid);
    }
  }
  return found;
}

/** Kills a process if it still exists. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
  }
}

function processTable(): ProcessEntry[] {
  if (process.platform === 'linux') return linuxTable();
  if (process.platform === 'win32') return windowsTable();
  return lines(execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }));
}

/** Reads /proc, because small systems have no `ps`. */
function linuxTable(): ProcessEntry[] {
  return fs.readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = fs.readFileSync(`/proc/${name}/stat`, 'utf8');
      // "pid (name) state parent ...": the name may contain anything, so read from the last bracket.
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      const commandLine = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return [{ pid: Number(name), parent, commandLine }];
    } catch {
      // It ended between the two reads.
      return [];
    }
  });
}

function windowsTable(): ProcessEntry[] {
  const query =
    'Get-CimInstance Win32_Process | ForEach-Object { "$($_.ProcessId) $($_.ParentProcessId) $($_.CommandLine)" }';
  return lines(execFileSync('powershell', ['-NoProfile', '-Command', query], { encoding: 'utf8' }));
}

function lines(table: string): ProcessEntry[] {
  return table.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return match ? [{ pid: Number(match[1]), parent: Number(match[2]), commandLine: match[3] ?? '' }] : [];
  });
}
