import { DEFAULT_BASE_URL, isLoopback, originOf } from '../../src/core/gateway/baseUrl';
import type { Session } from '../vscode/session';

/** Whether the extension asks the user before it sends a key to this address. */
export function needsApproval(baseUrl: string): boolean {
  const { hostname, origin } = new URL(baseUrl);
  return origin !== originOf(DEFAULT_BASE_URL) && !isLoopback(hostname);
}

/**
 * Approves the gateway for the user, who has named gateway and key in one command. Runs Set API Key in a
 * separate window, which approves the configured gateway.
 */
export async function approveGateway(session: Session, key: string): Promise<void> {
  const window = await session.open({ development: true });
  await window.ready();
  await window.runCommand('Nebula Video: Set API Key');
  const input = window.quickInput();
  await input.fill(key);
  await input.press('Enter');
  await input.waitFor({ state: 'hidden' });
  // The secret store doesn't report when it has finished writing.
  await window.page.waitForTimeout(2_000);
  await window.close();
}
