import * as vscode from 'vscode';
import manifest from '../../../package.json';
import type { SETTINGS } from '../../../src/editor/common/ids';
import type { NebulaVideoApi, Task, TaskChanges, VideoRequest } from '../../../src/api';

/** Returns the extension's API, as other extensions get it. */
export async function theApi(): Promise<NebulaVideoApi> {
  const extension = vscode.extensions.getExtension<NebulaVideoApi>(`${manifest.publisher}.${manifest.name}`);
  if (!extension) throw new Error('VS Code did not find the extension.');
  return extension.activate();
}

/** Writes a user setting, or removes it if the value is undefined. */
export async function setSetting(name: keyof typeof SETTINGS, value: unknown): Promise<void> {
  await vscode.workspace
    .getConfiguration('nebulaVideo')
    .update(name, value, vscode.ConfigurationTarget.Global);
}

/** Sets the key in the environment, or removes it if undefined. */
export function setEnvironmentKey(key: string | undefined): void {
  if (key === undefined) delete process.env['NEBULA_API_KEY'];
  else process.env['NEBULA_API_KEY'] = key;
}

let requests = 0;

/** Creates a request that no other test makes. */
export function aRequest(prompt = 'a paper boat'): VideoRequest {
  return {
    model: 'sora-2',
    prompt: `${prompt} (${++requests})`,
    options: { seconds: '4', size: '1280x720' },
  };
}

/** Resolves with the first matching change. */
export function nextChange<T>(
  api: Pick<NebulaVideoApi, 'onDidChangeTasks'>,
  pick: (changes: TaskChanges) => T | undefined,
): Promise<T> {
  return new Promise((resolve) => {
    const listener = api.onDidChangeTasks((changes) => {
      const found = pick(changes);
      if (found === undefined) return;
      listener.dispose();
      resolve(found);
    });
  });
}

/** Resolves when a task with this prompt is in the phase. */
export function nextInPhase(
  api: Pick<NebulaVideoApi, 'onDidChangeTasks'>,
  prompt: string,
  phase: Task['phase'],
): Promise<Task> {
  return nextChange(api, ({ changed }) =>
    changed.find((task) => task.request.prompt === prompt && task.phase === phase),
  );
}

/** Returns the error that a promise rejects with. Throws if it resolves. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error('It was expected to reject with an error.');
  return outcome;
}
