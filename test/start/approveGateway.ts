import { DEFAULT_BASE_URL, isLoopback, originOf } from '../../src/core/gateway/baseUrl';
import type { Session } from '../vscode/session';

/** Whether the extension sends a key there only after a person has agreed. */
export function needsApproval(baseUrl: string): boolean {
  const { hostname, origin } = new URL(baseUrl);
  return origin !== originOf(DEFAULT_BASE_URL) && !isLoopback(hostname);
}

/**
 * Agrees in the person's place, who named gateway and key in one command: runs Set API Key in a window of its
 * own, as the person would, which approves the gateway that is configured at that moment.
 */
export async function approveGateway(session: Session, key: string): Promise<void> {
  const window = await session.open({ development: true });
  await window.ready();
  await window.runCommand('Nebula Video: Set API Key');
  const input = window.quickInput();
  await input.fill(key);
  await input.press('Enter');
  await input.waitFor({ state: 'hidden' });
  // The secret store answers nobody when it is done writing.
  await window.page.waitForTimeout(2_000);
  await window.close();
}
