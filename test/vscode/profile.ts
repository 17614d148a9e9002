import fs from 'node:fs';
import path from 'node:path';
import { testFolder } from './projectRoot';

const keepFile = 'keep';

/** A temporary folder for one run: user data, extensions, workspace, browser profile. */
export interface Profile {
  readonly folder: string;
  /** An empty folder, opened as the workspace. */
  readonly workspace: string;
  readonly userData: string;
  readonly extensions: string;
  readonly browserData: string;
  remove(): void;
  /** Turns `remove` into a no-op, because the folder may contain something paid. */
  keep(): void;
}

/** Creates a profile below .vscode-test/profiles. */
export function createProfile(name: string): Profile {
  const parent = path.join(testFolder, 'profiles');
  fs.mkdirSync(parent, { recursive: true });
  removeForgotten(parent);
  const folder = fs.mkdtempSync(path.join(parent, `${name}-${process.pid}-`));
  const keepMark = path.join(folder, keepFile);
  const profile: Profile = {
    folder,
    workspace: path.join(folder, 'workspace'),
    userData: path.join(folder, 'user-data'),
    extensions: path.join(folder, 'extensions'),
    browserData: path.join(folder, 'browser'),
    keep: () => fs.writeFileSync(keepMark, ''),
    remove: () => {
      if (fs.existsSync(keepMark)) return;
      keepLogs(folder, name);
      // Programs that have just ended may still write a last file.
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
  for (const part of [profile.workspace, profile.userData, profile.extensions]) fs.mkdirSync(part);
  return profile;
}

/** Keeps the logs of the last run of each name, to diagnose failures. */
function keepLogs(folder: string, name: string): void {
  const logs = path.join(testFolder, 'logs');
  fs.mkdirSync(logs, { recursive: true });
  for (const file of fs.readdirSync(folder)) {
    if (file.endsWith('.log')) fs.copyFileSync(path.join(folder, file), path.join(logs, `${name}-${file}`));
  }
}

/** Removes the profiles of killed runs. The process ID is in the name. */
function removeForgotten(parent: string): void {
  for (const name of fs.readdirSync(parent)) {
    const owner = Number(/-(\d+)-[^-]+$/.exec(name)?.[1]);
    const folder = path.join(parent, name);
    if (isRunning(owner) || fs.existsSync(path.join(folder, keepFile))) continue;
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
