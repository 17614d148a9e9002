import path from 'node:path';
import { startPretendGateway } from '../gateway/pretendGateway';
import { leaks } from '../support/keySearch';
import { projectRoot } from '../vscode/projectRoot';
import { runHostSuite } from '../vscode/runHostSuite';
import { approveGateway, needsApproval } from './approveGateway';
import { orderVariable, type HeadlessOrder } from './headlessOrder';
import type { HeadlessRun } from './usage';

/**
 * Generates one video through the extension inside a real VS Code, without a user.
 * @returns the exit code
 */
export async function runHeadless(run: HeadlessRun, signal: AbortSignal): Promise<number> {
  if (run.gateway) return drive(run, run.gateway, {}, signal);
  const pretend = await startPretendGateway({ clock: { kind: 'real', speed: 3 } });
  try {
    // The pretend gateway's key is a marker that must not be in anything a run leaves behind.
    let places: readonly string[] | undefined;
    const code = await drive(run, pretend, { 'nebulaVideo.pollSeconds': 3 }, signal, (folder, output) => {
      places = leaks(pretend.key, { folder, texts: { 'the output': output }, requests: pretend.log });
    });
    if (!places) throw new Error('What the run left behind was not searched for the key.');
    if (places.length > 0) throw new Error(`The key leaked to ${places.join(', ')}.`);
    return code;
  } finally {
    await pretend.stop();
  }
}

async function drive(
  run: HeadlessRun,
  gateway: { readonly baseUrl: string; readonly key: string },
  settings: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  look?: (folder: string, output: readonly string[]) => void,
): Promise<number> {
  const { request, out, overwrite } = run;
  const order: HeadlessOrder = { request, out, overwrite };
  const output: string[] = [];
  let mayHaveCost = false;
  return runHostSuite({
    name: 'headless',
    suite: path.join(projectRoot, 'out', 'test', 'start', 'headlessDriver.js'),
    env: { NEBULA_API_KEY: gateway.key, [orderVariable]: JSON.stringify(order) },
    // The command itself is the confirmation.
    settings: { ...settings, 'nebulaVideo.baseUrl': gateway.baseUrl, 'nebulaVideo.confirm': 'never' },
    signal,
    beforeStart: async (session) => {
      if (needsApproval(gateway.baseUrl)) await approveGateway(session, gateway.key);
    },
    onLine: (line) => {
      output.push(line);
      mayHaveCost ||= /^(sending|queued|unknown)\b/.test(line);
      if (/^rejected\b/.test(line)) mayHaveCost = false;
      console.log(line);
    },
    beforeStop: (profile, code) => {
      if (code === 0 || !run.gateway || !mayHaveCost) return;
      // It may contain a paid video.
      profile.keep();
      console.log(`What the extension knows about this run stays in ${profile.folder}.`);
    },
    atLast: ({ folder }) => look?.(folder, output),
  });
}
