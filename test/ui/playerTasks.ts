import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { publicFailures } from '../support/publicFailures';
import { Failures } from '../../src/core/tasks/failures';
import type { Phase } from '../../src/core/task/phases';
import type { Failure, Task, TimelineEntry, Video } from '../../src/core/task/task';
import { makeClip, type Clip } from './playerBench';

const START = Date.now() - 103_000;

export const PROMPT =
  'A paper boat drifts down a rain-soaked street at dusk, neon signs reflected in the water.\n\n' +
  'The camera follows it close to the ground;   it passes under a parked bicycle and out of sight. 雨 <b>&amp;</b>';

/** The moves that lead to a phase, some seconds apart. */
function timelineTo(...phases: (Phase | [Phase, string])[]): TimelineEntry[] {
  return phases.map((move, index) => {
    const at = START + index * 17_000;
    return typeof move === 'string' ? { at, phase: move } : { at, phase: move[0], note: move[1] };
  });
}

/** A task with what all have in common. */
export function makeTask(id: string, timeline: TimelineEntry[], parts: Partial<Task> = {}): Task {
  return {
    id,
    gatewayTaskId: 'task_7hWv2Qk0ZcXrB41nNf9sUyLpEa83',
    origin: 'https://llm.ai-nebula.com',
    request: { model: 'sora-2', prompt: PROMPT, options: { seconds: '8', size: '1280x720' } },
    phase: timeline.at(-1)?.phase ?? 'draft',
    createdAt: START,
    updatedAt: timeline.at(-1)?.at ?? START,
    videos: [],
    timeline,
    ...parts,
  };
}

const SAVED: Phase[] = ['draft', 'sending', 'queued', 'running', 'ready', 'saving', 'saved'];

/** A task with its video. */
export function makeSaved(id: string, library: string, clip: Clip): Task {
  const file = path.join(library, `${id}.mp4`);
  makeClip(file, clip);
  const [width = 0, height = 0] = clip.size.split('x').map(Number);
  const video: Video = {
    uri: pathToFileURL(file).href,
    bytes: fs.statSync(file).size,
    width,
    height,
    durationSeconds: clip.seconds,
    hasAudio: clip.sound !== 'none',
    sha256: '0'.repeat(64),
  };
  return makeTask(id, timelineTo(...SAVED), { videos: [video] });
}

/** A task with two of its three videos, of which one is still a file. */
export function makeSeveral(id: string, library: string, clip: Clip): Task {
  const task = makeSaved(id, library, clip);
  const away = task.videos.map((video) => ({ ...video, uri: 'file:///nowhere/gone.mp4' }));
  return {
    ...task,
    videos: [...task.videos, ...away],
    failure: failures.videosMissing(
      1,
      3,
      new Failures('nebula').expired('linkExpired', trouble(404, 'Not found')),
    ),
  };
}

const failures = publicFailures();
const trouble = (status: number, message: string, code?: string) => ({ status, message, code });

/** Tasks that go on, though something is in their way. */
function waitingTasks(): readonly Task[] {
  const held = (id: string, moves: Phase[], failure: Failure) =>
    makeTask(id, timelineTo(...moves), { failure });
  const fetching: Phase[] = ['draft', 'sending', 'queued', 'running', 'ready', 'saving'];
  const asked = held(
    'asked',
    ['draft', 'sending', 'draft'],
    failures.rateLimited(trouble(429, 'Too many requests')),
  );
  Reflect.deleteProperty(asked, 'gatewayTaskId');
  return [
    asked,
    held(
      'blind',
      ['draft', 'sending', 'queued', 'running'],
      failures.keyRefused(trouble(401, '无效的令牌 (request id: 2026)', 'invalid_api_key')),
    ),
    held(
      'silent',
      ['draft', 'sending', 'queued', 'running'],
      failures.temporaryError(trouble(0, 'socket hang up')),
    ),
    held(
      'unfetched',
      [...fetching, 'ready'],
      failures.downloadFailed(new Error('The file is no mp4.'), true),
    ),
    held(
      'fetching',
      [...fetching, 'ready', 'saving'],
      failures.downloadFailed(new Error('The file is no mp4.'), true),
    ),
    held('full', [...fetching, 'ready'], failures.diskFailed(new Error('ENOSPC: no space left on device'))),
  ];
}

/** A task of every kind that has no video to show. */
export function otherTasks(): readonly Task[] {
  const ended = (id: string, moves: Phase[], failure: Failure, parts: Partial<Task> = {}) =>
    makeTask(id, timelineTo(...moves.slice(0, -1), [moves.at(-1)!, failure.message]), { failure, ...parts });
  const unsent: Task = makeTask('unsent', timelineTo('draft', 'stopped'));
  Reflect.deleteProperty(unsent, 'gatewayTaskId');
  return [
    makeTask('queued', timelineTo('draft', 'sending', 'queued')),
    makeTask('running', timelineTo('draft', 'sending', 'queued', 'running'), { progress: 42 }),
    ...waitingTasks(),
    ended(
      'failed',
      ['draft', 'sending', 'queued', 'running', 'failed'],
      failures.taskFailed(
        trouble(500, 'Our systems found content that may violate our policies.', 'content_policy_violation'),
      ),
    ),
    ended(
      'rejected',
      ['draft', 'sending', 'rejected'],
      failures.refused(trouble(401, 'Invalid token', 'invalid_api_key')),
    ),
    ended('unknown', ['draft', 'sending', 'unknown'], failures.outcomeUnknown(trouble(502, 'Bad gateway'))),
    ended(
      'lost',
      ['draft', 'sending', 'queued', 'running', 'ready', 'lost'],
      failures.expired('linkExpired'),
    ),
    makeTask('stopped', timelineTo('draft', 'sending', 'queued', 'running', 'stopped')),
    unsent,
    makeTask('missing', timelineTo(...SAVED), {
      basedOn: 'film',
      videos: [
        {
          uri: 'file:///nowhere/gone.mp4',
          bytes: 4_200_000,
          width: 1280,
          height: 720,
          durationSeconds: 8,
          hasAudio: true,
          sha256: 'f'.repeat(64),
        },
      ],
    }),
  ];
}
