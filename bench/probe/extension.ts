// A separate extension that VS Code starts before those with onStartupFinished. It activates others and
// measures the time.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import {
  ORDER_FILE,
  PROBE_FOLDER,
  REPORT_COMMAND,
  REPORT_FILE,
  type ProbeOrder,
  type ProbeReport,
} from './probeOrder';

/** Consecutive quick responses that count as idle. */
const CALM_ANSWERS = 10;
const QUICK_MS = 10;
const PAUSE_MS = 50;
/** VS Code waits 10 s for extensions like this one before it continues its start. */
const CALM_LIMIT_MS = 8_000;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const folder = process.env[PROBE_FOLDER];
  if (!folder) throw new Error(`No folder is named in ${PROBE_FOLDER}.`);
  const order = JSON.parse(readFileSync(path.join(folder, ORDER_FILE), 'utf8')) as ProbeOrder;
  await calm();
  const report: ProbeReport = [];
  for (const id of order) report.push(await activateOther(id));
  context.subscriptions.push(
    vscode.commands.registerCommand(REPORT_COMMAND, () =>
      write(
        folder,
        report.map((one) => ({ ...one, files: loadedFiles(one.id) })),
      ),
    ),
  );
  write(folder, report);
}

function write(folder: string, report: ProbeReport): void {
  // Rename at the end, so that readers never see a partial report.
  const partial = path.join(folder, `${REPORT_FILE}.partial`);
  writeFileSync(partial, JSON.stringify(report));
  renameSync(partial, path.join(folder, REPORT_FILE));
}

/**
 * Waits until host and window are idle, measured by how fast they respond to each other, so that the editor's
 * start isn't measured. The wait is limited to the time that VS Code waits for this extension.
 */
async function calm(): Promise<void> {
  const limit = performance.now() + CALM_LIMIT_MS;
  for (let quick = 0; quick < CALM_ANSWERS && performance.now() < limit;) {
    const asked = performance.now();
    await vscode.commands.executeCommand('setContext', 'nebulaVideoBench.asked', asked);
    quick = performance.now() - asked < QUICK_MS ? quick + 1 : 0;
    await delay(PAUSE_MS);
  }
}

async function activateOther(id: string): Promise<ProbeReport[number]> {
  const extension = vscode.extensions.getExtension(id);
  if (!extension) return { id, found: 'missing', ms: 0, files: [] };
  if (extension.isActive) return { id, found: 'active', ms: 0, files: [] };
  const started = performance.now();
  await extension.activate();
  const ms = performance.now() - started;
  return { id, found: 'asleep', ms, files: loadedFiles(id) };
}

function loadedFiles(id: string): string[] {
  const root = vscode.extensions.getExtension(id)?.extensionPath ?? '';
  return Object.keys(require.cache).filter((file) => file.startsWith(root + path.sep));
}
