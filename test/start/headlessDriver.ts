import path from 'node:path';
import * as vscode from 'vscode';
import type { NebulaVideoApi, Task } from '../../src/api';
import { orderVariable, type HeadlessOrder } from './headlessOrder';

/**
 * Runs in the extension host instead of a user. Requests one video through the extension's public API, prints
 * each phase, and copies the finished file to the ordered path.
 */
export async function run(): Promise<void> {
  const order = JSON.parse(process.env[orderVariable] ?? '') as HeadlessOrder;
  const extension = vscode.extensions.getExtension<NebulaVideoApi>('nebula-video.nebula-video');
  if (!extension) throw new Error('VS Code did not find the extension.');
  const api = await extension.activate();

  const printer = new PhasePrinter();
  // The profile is new, so every task in it belongs to this run.
  const listener = api.onDidChangeTasks(({ changed }) => changed.forEach((task) => printer.print(task)));
  try {
    const sent = await api.generate(order.request);
    printer.print(sent);
    const task = await api.settled(sent.id);
    printer.print(task);
    if (task.phase !== 'saved') throw new Error(reasonOf(task));
    await deliver(task, order);
  } finally {
    listener.dispose();
  }
}

/** Prints the changes of a task. */
class PhasePrinter {
  private moves = 0;
  private progress: number | undefined;
  private gatewayTaskId: string | undefined;

  print(task: Task): void {
    // An older snapshot of the task may arrive after a newer one.
    if (task.timeline.length < this.moves) return;
    const news = task.timeline.slice(this.moves);
    this.moves = task.timeline.length;
    for (const { phase, note } of news) {
      const percent = phase === task.phase ? this.percent(task) : '';
      console.log(`${phase}${percent}${note ? ` (${note})` : ''}`);
    }
    if (news.length === 0 && task.progress !== this.progress && task.progress !== undefined) {
      console.log(`${task.phase}${this.percent(task)}`);
    }
    this.progress = task.progress;
    if (task.gatewayTaskId !== undefined && task.gatewayTaskId !== this.gatewayTaskId) {
      this.gatewayTaskId = task.gatewayTaskId;
      console.log(`The gateway calls it ${task.gatewayTaskId}.`);
    }
  }

  private percent({ phase, progress }: Task): string {
    return phase === 'running' && progress !== undefined ? ` ${progress} %` : '';
  }
}

/** The extension's own message, which includes the charge. */
function reasonOf({ phase, failure }: Task): string {
  return `There is no video: the task ended as "${phase}". ${failure?.message ?? ''}`.trim();
}

async function deliver(task: Task, { out, overwrite }: HeadlessOrder): Promise<void> {
  for (const [index, video] of task.videos.entries()) {
    const target = vscode.Uri.file(numbered(out, index));
    await vscode.workspace.fs.copy(vscode.Uri.parse(video.uri, true), target, { overwrite });
    const sound = video.hasAudio ? 'with sound' : 'silent';
    console.log(
      `${target.fsPath}: ${video.width} × ${video.height}, ${video.durationSeconds.toFixed(1)} s, ${sound}`,
    );
  }
}

/** A request may generate several videos. The first one has the ordered name. */
function numbered(file: string, index: number): string {
  if (index === 0) return file;
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}-${index + 1}${ext}`);
}
