import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Task } from '../../src/api';
import { MAX_FILE_BYTES } from '../../src/core/images/inspectImage';
import { encodePng } from '../../src/core/images/pngWriter';
import { FrameError } from '../../src/editor/player/frameRequests';
import { MEMENTOS } from '../../src/editor/generate/wizard/wizardState';
import { loadImage } from '../gateway/image';
import type { PretendGateway } from '../gateway/pretendGateway';
import { enter, escape, write } from '../support/fakeQuickInputs';
import { encoded, quarters } from '../unit/images/testImages';
import { aRequest, setEnvironmentKey, setSetting } from './support/extension';
import { leaveGateway, useQuickGateway } from './support/gateway';
import { TestApp } from './support/testApp';

describe('a video that continues another one', () => {
  let gateway: PretendGateway;
  let own: TestApp;
  let video: Task;
  let frame: Buffer;

  beforeEach(async () => {
    gateway = await useQuickGateway();
    setEnvironmentKey(gateway.key);
    await setSetting('confirm', 'never');
    own = new TestApp();
    const { id } = await own.app.api.generate(aRequest());
    video = await own.app.api.settled(id);
    const [{ width, height } = { width: 0, height: 0 }] = video.videos;
    frame = Buffer.from(encodePng(quarters(width, height)));
    own.frames.answer = () => frame;
  });
  afterEach(async () => {
    own.dispose();
    await leaveGateway(gateway);
  });

  const run = (...args: unknown[]) =>
    own.app.commands.run('nebulaVideo.continueFromLastFrame', args) as Promise<Task | undefined>;
  const submits = () => gateway.log.filter(({ kind }) => kind === 'submit');
  const imagesFolder = () => path.join(own.storageFolder, 'images');

  it('of a row: begins with its last frame, looks like it, and can be generated again', async () => {
    own.inputs.plan(write('the boat goes on'), enter);
    const task = await run(video.id);
    assert.ok(task, own.notifications.shown.map(({ message }) => message).join(' '));
    assert.deepEqual(own.frames.asked, [[video.id, { video: 0, seconds: null }]]);
    const body = submits().at(-1)?.body as Record<string, string>;
    const { seconds, size } = video.request.options ?? {};
    assert.deepEqual([body['model'], body['seconds'], body['size']], ['sora-2', seconds, size]);
    const sent = await loadImage(body['input_reference'] ?? '');
    assert.deepEqual([sent?.width, sent?.height], [video.videos[0]?.width, video.videos[0]?.height]);
    const [image] = task.request.images ?? [];
    assert.equal(image?.role, 'first');
    assert.ok(existsSync(fileURLToPath(image.source)));
    own.inputs.plan(enter);
    // The same was sent a moment ago.
    own.dialogs.willAnswer(true);
    await own.app.commands.run('nebulaVideo.generateAgain', [task.id]);
    assert.equal(submits().length, 3, own.notifications.last.message);
    assert.deepEqual(submits().at(-1)?.body, body);
  });

  it('of the player: takes the frame and the video that a person has before them', async () => {
    own.inputs.plan(escape);
    await run({ id: video.id, video: 0, seconds: 1.25 });
    assert.deepEqual(own.frames.asked, [[video.id, { video: 0, seconds: 1.25 }]]);
    assert.equal(submits().length, 1, 'Escape sends nothing');
    await run({ id: video.id, video: 7, seconds: null });
    assert.equal(own.frames.asked.length, 1, 'there is no such video');
  });

  it('stays while a draft needs its frame, however old that is', async () => {
    own.inputs.plan(write('the boat goes on'), escape);
    await run(video.id);
    const [kept = ''] = readdirSync(imagesFolder());
    assert.match(JSON.stringify(own.mementos.workspace.get(MEMENTOS.draft)), new RegExp(kept));
    const file = path.join(imagesFolder(), kept);
    const old = (Date.now() - 60 * 24 * 3600_000) / 1000;
    utimesSync(file, old, old);
    const forgotten = path.join(imagesFolder(), `${'0'.repeat(64)}.png`);
    writeFileSync(forgotten, frame);
    utimesSync(forgotten, old, old);
    own.dialogs.willAnswer(true);
    await own.app.commands.run('nebulaVideo.removeTask', [video.id]);
    await gone(forgotten);
    assert.ok(existsSync(file));
  });

  it('of several videos of a task: asks which one, and begins with a model that takes a frame', async () => {
    const model = 'veo-3.0-generate-001';
    const { id } = await own.app.api.generate({ model, prompt: 'two boats', options: { sampleCount: 2 } });
    const several = await own.app.api.settled(id);
    assert.equal(several.videos.length, 2);
    const [, { width, height } = { width: 0, height: 0 }] = several.videos;
    own.frames.answer = () => encodePng(quarters(width, height));
    own.dialogs.willAnswer((question: { choices: { label: string; value: unknown }[] }) => {
      assert.deepEqual(
        question.choices.map(({ label }) => label),
        ['Video 1', 'Video 2'],
      );
      return question.choices[1]?.value;
    });
    own.inputs.plan(escape);
    await run(id);
    assert.deepEqual(own.frames.asked, [[id, { video: 1, seconds: null }]]);
    assert.match(own.inputs.shown[0]?.title ?? '', /Veo 3/);
    own.dialogs.willAnswer(undefined);
    await run(id);
    assert.equal(own.frames.asked.length, 1);
  });

  it('of the palette: of a video that is chosen', async () => {
    own.dialogs.willAnswer((question: { choices: { value: unknown }[] }) => question.choices[0]?.value);
    own.inputs.plan(escape);
    await run();
    assert.equal(own.frames.asked.length, 1);
    own.dialogs.willAnswer(undefined);
    await run();
    await run('no such task');
    assert.match(own.notifications.last.message, /^No matching tasks\.$/);
    assert.equal(own.frames.asked.length, 1);
  });

  it('says why a frame can’t be had and what to do, and sends nothing', async () => {
    const [{ width, height } = { width: 0, height: 0 }] = video.videos;
    const noFrame = /^Couldn't capture a frame from this video\. Nothing was sent\.$/;
    const rows: readonly (readonly [
      what: string,
      answer: () => Uint8Array,
      sentence: RegExp,
      button: string,
    ])[] = [
      ['no picture', () => Buffer.from('<svg/>'), noFrame, 'Open in External Player'],
      ['nothing', () => Buffer.alloc(0), noFrame, 'Open in External Player'],
      ['too large', () => Buffer.alloc(MAX_FILE_BYTES + 1), noFrame, 'Generate Videos from Images…'],
      [
        'a JPEG',
        () => encoded('JPEG, baseline', quarters(width, height)),
        noFrame,
        'Generate Videos from Images…',
      ],
      ['half of it', () => frame.subarray(0, 200), noFrame, 'Generate Videos from Images…'],
      ['another size', () => encodePng(quarters(64, 36)), noFrame, 'Generate Videos from Images…'],
      ['late', () => fault('late'), noFrame, 'Generate Videos from Images…'],
      ['no decoder', () => fault('unplayable'), noFrame, 'Open in External Player'],
      ['no file', () => fault('missing'), /^The video isn't in the library anymore\.$/, 'Check Again'],
    ];
    for (const [what, answer, sentence, button] of rows) {
      own.frames.answer = answer;
      assert.equal(await run(video.id), undefined, what);
      assert.match(own.notifications.last.message, sentence, what);
      assert.ok(own.notifications.last.actions.includes(button), what);
    }
    assert.equal(own.inputs.shown.length, 0);
    assert.equal(submits().length, 1);
    assert.ok(!existsSync(imagesFolder()), 'nothing is kept of it');
  });

  it('says nothing to who closes the player meanwhile', async () => {
    const before = own.notifications.shown.length;
    own.frames.answer = () => fault('closed');
    assert.equal(await run(video.id), undefined);
    assert.equal(own.notifications.shown.length, before);
    assert.equal(own.inputs.shown.length, 0);
  });

  function fault(reason: ConstructorParameters<typeof FrameError>[0]): never {
    throw new FrameError(reason, 'as the test wants it');
  }
});

/** Resolves when a file is not there any more. */
async function gone(file: string): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (existsSync(file)) {
    assert.ok(Date.now() < deadline, `${file} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
