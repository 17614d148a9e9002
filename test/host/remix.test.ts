import { strict as assert } from 'node:assert';
import type { Task } from '../../src/api';
import type { PretendGateway } from '../gateway/pretendGateway';
import { enter, escape, write } from '../support/fakeQuickInputs';
import { aRequest, rejectionOf, setEnvironmentKey, setSetting } from './support/extension';
import { leaveGateway, useQuickGateway } from './support/gateway';
import { TestApp } from './support/testApp';

describe('a remix', () => {
  let gateway: PretendGateway;
  let own: TestApp;
  let video: Task;

  before(async () => {
    gateway = await useQuickGateway();
    setEnvironmentKey(gateway.key);
    await setSetting('confirm', 'never');
    own = new TestApp();
    const { id } = await own.app.api.generate(aRequest());
    video = await own.app.api.settled(id);
    assert.equal(video.phase, 'saved');
  });
  after(async () => {
    own.dispose();
    await leaveGateway(gateway);
  });

  const run = (...args: unknown[]) =>
    own.app.commands.run('nebulaVideo.remix', args) as Promise<Task | undefined>;
  const submits = () => gateway.log.filter(({ kind }) => kind === 'submit');
  const answer = (label: string) => (question: { choices: { label: string; value: unknown }[] }) => {
    const found = question.choices.find((choice) => choice.label.endsWith(label));
    assert.ok(found, `${label} is not among ${question.choices.map((one) => one.label).join(', ')}`);
    return found.value;
  };

  it('of a row: asks what is to be different, and nothing that the service ignores', async () => {
    own.inputs.plan(write('the same at night'), enter);
    const task = await run(video.id);
    assert.equal(task?.phase, 'queued');
    const id = video.gatewayTaskId;
    assert.deepEqual(submits().at(-1)?.body, {
      ...{ model: 'sora-2', prompt: 'the same at night' },
      ...{ remix_from_video_id: id, remix_video_id: id },
    });
    assert.equal(task.request.remixOf, id);
    assert.equal(own.dialogs.asked.length, 0);
  });

  it('from the palette: of a video of the list, or of one whose id is entered', async () => {
    own.dialogs.willAnswer(
      answer('Choose from Your Videos…'),
      (question: { choices: { value: unknown }[] }) => {
        assert.equal(question.choices.length, 1, 'only what is finished');
        return question.choices[0]?.value;
      },
    );
    own.inputs.plan(write('the same in the rain'), enter);
    assert.equal((await run())?.request.remixOf, video.gatewayTaskId);
    own.dialogs.willAnswer(
      answer('Enter Task ID…'),
      (question: { validate: (text: string) => string | undefined }) => {
        assert.match(question.validate('task_1') ?? '', /starts with video_/);
        return ` ${video.gatewayTaskId} `;
      },
    );
    own.inputs.plan(write('the same in the snow'), enter);
    assert.equal((await run())?.request.remixOf, video.gatewayTaskId);
  });

  it('sends nothing when it is left, and says which videos can be remixed', async () => {
    const before = submits().length;
    own.inputs.plan(escape);
    await run(video.id);
    own.dialogs.willAnswer(undefined);
    await run();
    await run('no such task');
    assert.match(own.notifications.last.message, /Only finished sora-2 videos/);
    assert.equal(submits().length, before);
    const error = await rejectionOf(
      own.app.api.generate({ model: 'veo-3.1-generate-preview', prompt: 'x', remixOf: video.id }),
    );
    assert.equal(error.code, 'invalidRequest');
  });
});
