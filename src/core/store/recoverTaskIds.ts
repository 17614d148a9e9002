import type { Clock } from '../common/clock';
import type { TaskStore } from './store';

/** Tracks `unknown` tasks whose ID is in a stored response. @returns the number of tasks */
export async function recoverTaskIds(
  store: Pick<TaskStore, 'index' | 'evidence' | 'update'>,
  find: (text: string, remixOf?: string) => string | undefined,
  clock: Clock,
  markPending: () => void,
): Promise<number> {
  let recovered = 0;
  for (const { id, phase, gatewayTaskId } of store.index.tasks()) {
    if (phase !== 'unknown' || gatewayTaskId !== undefined) continue;
    const submits = (await store.evidence(id)).filter(({ step }) => step === 'submit');
    const done = await store.update(id, (record) => {
      const texts = [...submits.map(({ body }) => body), record.failure?.detail ?? ''];
      const found = texts.map((text) => find(text, record.request.remixOf)).find((one) => one !== undefined);
      if (record.phase !== 'unknown' || record.gatewayTaskId !== undefined || found === undefined) {
        return undefined;
      }
      markPending();
      const note = { code: 'idRecovered' } as const;
      return { phase: 'queued', note, gatewayTaskId: found, failure: null, nextDue: clock.now() };
    });
    if (done) recovered++;
  }
  return recovered;
}
