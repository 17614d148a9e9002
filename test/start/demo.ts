import fs from 'node:fs';
import path from 'node:path';
import { startPretendGateway } from '../gateway/pretendGateway';
import { Cleanup } from '../vscode/cleanup';
import { whenAborted } from '../vscode/interruption';
import { createProfile } from '../vscode/profile';
import { startVscodeServer } from '../vscode/vscodeServer';
import { windowAddress } from '../vscode/workbench';
import { openWindow } from './openWindow';

const readme = `# A place to try Nebula Video

Open the Nebula Video view at the left, choose Generate Video, and paste one of these lines.

A paper boat drifts down a rainy street at dusk, neon lights in the puddles.

A lighthouse on a cliff, slow aerial shot, golden hour, waves below.
`;

/** Runs VS Code with the extension and the pretend gateway until the signal. Costs nothing. */
export async function runDemo(signal: AbortSignal): Promise<void> {
  const cleanup = new Cleanup();
  try {
    console.log('Starting VS Code and the pretend gateway ...');
    const gateway = await startPretendGateway({ clock: { kind: 'real', speed: 2 } });
    cleanup.add(() => gateway.stop());
    const profile = createProfile('demo');
    cleanup.add(() => profile.remove());
    fs.writeFileSync(path.join(profile.workspace, 'README.md'), readme);
    const server = await startVscodeServer({
      profile,
      extension: 'linked',
      settings: { 'nebulaVideo.baseUrl': gateway.baseUrl },
      env: { NEBULA_API_KEY: gateway.key },
    });
    cleanup.add(() => server.stop());
    const address = windowAddress({ server });
    console.log(`
VS Code with Nebula Video:  ${address}
Pretend gateway:            ${gateway.baseUrl} (its videos take about 15 seconds and cost nothing)
Faults and the clock:       ${gateway.controlUrl}

This VS Code has no native parts, so its Output view shows no log. Everything here is thrown away at the end. Press Ctrl-C to stop.
`);
    console.log(await openWindow(address, profile, cleanup));
    await Promise.race([
      stopped(signal),
      server.ended.then(() => {
        throw new Error('The VS Code server ended unexpectedly; its log is in .vscode-test/logs.');
      }),
    ]);
    console.log('Stopping ...');
  } finally {
    await cleanup.run();
  }
}

/** Stopping is the normal end of a demo. */
const stopped = (signal: AbortSignal): Promise<void> => whenAborted(signal).catch(() => undefined);
