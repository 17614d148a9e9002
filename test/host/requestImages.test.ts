import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as vscode from 'vscode';
import type { Task } from '../../src/api';
import type { Choice } from '../../src/webview/imageFit/protocol';
import {
  choose,
  enter,
  escape,
  send,
  write,
  type Deed,
  type FakePick,
  type FakeText,
} from '../support/fakeQuickInputs';
import { loadImage } from '../gateway/image';
import type { PretendGateway } from '../gateway/pretendGateway';
import { encodePng } from '../../src/core/images/pngWriter';
import { dataUri } from '../unit/gateway-server/images';
import { encoded, quarters } from '../unit/images/testImages';
import { aRequest, rejectionOf, setEnvironmentKey, setSetting } from './support/extension';
import { leaveGateway, useQuickGateway } from './support/gateway';
import { TestApp } from './support/testApp';

const png = (width: number, height: number) => Buffer.from(encodePng(quarters(width, height)));

describe('images of a request', () => {
  let folder: string;
  let gateway: PretendGateway;
  let own: TestApp;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'nebula-host-pictures-'));
    gateway = await useQuickGateway();
    setEnvironmentKey(gateway.key);
    await setSetting('confirm', 'never');
    own = new TestApp();
  });
  afterEach(async () => {
    own.dispose();
    await leaveGateway(gateway);
    rmSync(folder, { recursive: true, force: true });
  });

  function file(name: string, bytes: Uint8Array): string {
    const place = path.join(folder, name);
    writeFileSync(place, bytes);
    return pathToFileURL(place).href;
  }

  const sent = () => gateway.log.findLast(({ kind }) => kind === 'submit')?.body as Record<string, string>;
  const ask = async (source: string, prompt = 'it comes alive'): Promise<Task> =>
    own.app.api.generate({
      model: 'sora-2',
      prompt,
      options: { seconds: '4', size: '1280x720' },
      images: [{ role: 'first', source }],
    });

  it('are cut around their centre to what the model takes, and kept as they were sent', async () => {
    const original = png(900, 700);
    const source = file('my photo.png', original);
    const task = await ask(source);
    assert.equal(task.phase, 'queued');
    const wire = sent()['input_reference'] ?? '';
    const arrived = await loadImage(wire);
    assert.deepEqual([arrived?.width, arrived?.height], [1280, 720]);
    const [image] = task.request.images ?? [];
    assert.equal(image?.role, 'first');
    const kept = fileURLToPath(image.source);
    assert.equal(path.dirname(kept), path.join(own.storageFolder, 'images'));
    assert.equal(readFileSync(kept).toString('base64'), wire.split(',')[1]);
    assert.deepEqual(readFileSync(new URL(source)), original, 'the original is only read');
    // The original may go: what was sent is enough to ask again, and is sent byte for byte.
    rmSync(new URL(source));
    await ask(image.source, 'once more');
    assert.equal(sent()['input_reference'], wire);
  });

  it('go as they are where they fit, from a file, as a data URI, or as a link', async () => {
    const fitting = png(1280, 720);
    for (const source of [file('fits.png', fitting), dataUri(fitting)]) {
      const { request } = await ask(source);
      const wire = await loadImage(sent()['input_reference'] ?? '');
      assert.deepEqual([wire?.width, wire?.height], [1280, 720]);
      assert.match(request.images?.[0]?.source ?? '', /^file:.*\.png$/);
    }
    const link = 'https://pictures.example/boat.png';
    const { request } = await own.app.api.generate({
      model: 'veo-3.1-generate-preview',
      prompt: 'a link',
      images: [{ role: 'first', source: link }],
    });
    assert.equal(sent()['image'], link);
    assert.equal(request.images?.[0]?.source, link);
  });

  it('are told by their bytes: what is none is refused with a reason, and nothing is sent', async () => {
    for (const [name, bytes, reason] of [
      ['empty.png', Buffer.alloc(0), /damaged or incomplete/],
      ['text.png', Buffer.from('no picture at all, whatever the name says'), /Not a supported image/],
      ['cut.png', png(900, 700).subarray(0, 300), /damaged/],
    ] as const) {
      const error = await rejectionOf(ask(file(name, bytes)));
      assert.equal(error.code, 'invalidRequest', name);
      assert.match(error.message, /^First Frame: /);
      assert.match(error.message, reason);
    }
    const gone = await rejectionOf(ask(pathToFileURL(path.join(folder, 'gone.png')).href));
    assert.match(gone.message, /Couldn't read the image/);
    const photo = await ask(file('photo.png', encoded('JPEG, baseline', quarters(900, 700))));
    assert.equal(photo.phase, 'queued', 'a JPEG by another name');
    assert.equal(gateway.log.filter(({ kind }) => kind === 'submit').length, 1);
  });

  describe('of Generate Video from Image', () => {
    const run = (...args: unknown[]) =>
      own.app.commands.run('nebulaVideo.generateFromImage', args) as Promise<Task>;
    const pictured = (name: string, width: number, height: number) =>
      vscode.Uri.parse(file(name, png(width, height)), true);
    /** Chooses the answer with this name. */
    const answer = (label: string) => (question: { choices: { label: string; value: unknown }[] }) => {
      const found = question.choices.find((choice) => choice.label.endsWith(label));
      assert.ok(found, `${label} is not among ${question.choices.map((one) => one.label).join(', ')}`);
      return found.value;
    };

    it('takes the file of the explorer as the first frame, and says what is sent of it', async () => {
      own.dialogs.willAnswer(answer('First Frame'));
      own.inputs.plan(write('it comes alive'), enter);
      const photo = pictured('photo.png', 900, 700);
      const task = await run(photo, [photo]);
      assert.equal(task.phase, 'queued');
      // A landscape image makes a landscape video.
      const { rows } = own.inputs.shown.at(-1) as FakePick;
      assert.ok(rows.includes('Images: 1'), rows.join());
      const arrived = await loadImage(sent()['input_reference'] ?? '');
      assert.deepEqual([arrived?.width, arrived?.height], [1280, 720]);
      assert.equal(own.dialogs.left, 0);
    });

    const part = { x: 0, y: 0.05, width: 1, height: (9 / 16) * (9 / 7) };
    for (const change of [
      { mode: 'crop', part },
      { mode: 'pad', color: [200, 10, 10] },
      { mode: 'blur' },
    ] satisfies Partial<Choice>[]) {
      it(`sends the very bytes that were shown: ${change.mode}`, async () => {
        own.dialogs.willAnswer(answer('First Frame'));
        own.inputs.plan(write('it comes alive'), choose('Preview Images…'), send);
        own.imageFitDialog.plan({ end: 'use', changes: [change] });
        const photo = pictured('photo.png', 900, 700);
        const task = await run(photo, [photo]);
        const [, base64 = ''] = (sent()['input_reference'] ?? '').split(',');
        const [shown] = own.imageFitDialog.shown;
        assert.ok(shown && Buffer.from(shown).equals(Buffer.from(base64, 'base64')));
        const kept = readFileSync(fileURLToPath(task.request.images?.[0]?.source ?? ''));
        assert.ok(kept.equals(shown));
        // Without a user, the center is cropped, which is another request.
        await ask(photo.toString());
        assert.notEqual(sent()['input_reference']?.split(',')[1], base64);
      });
    }

    it('sends nothing when the page is closed, or the file has changed since it was shown', async () => {
      const photo = pictured('photo.png', 900, 700);
      own.dialogs.willAnswer(answer('First Frame'), answer('First Frame'));
      own.imageFitDialog.plan({ end: 'cancel' }, { end: 'use', changes: [{ mode: 'pad' }] });
      own.inputs.plan(write('it comes alive'), choose('Preview Images…'));
      assert.equal(await run(photo, [photo]), undefined);
      own.inputs.plan(enter, choose('Preview Images…'), (input) => {
        pictured('photo.png', 901, 700);
        send(input);
      });
      await run(photo, [photo]);
      assert.match(
        own.notifications.last.message,
        /^Nothing was sent\. The image changed since you previewed it\. Preview it again\.$/,
      );
      assert.equal(gateway.log.filter(({ kind }) => kind === 'submit').length, 0);
      // The prompt is still available for the next attempt.
      own.dialogs.willAnswer(answer('First Frame'));
      own.inputs.plan((input) => {
        assert.equal((input as FakeText).value, 'it comes alive');
        escape(input);
      });
      await run(photo, [photo]);
    });

    it('looks at the images of an earlier task, which fit as they were sent', async () => {
      const task = await ask(pictured('photo.png', 900, 700).toString());
      own.dialogs.willAnswer(true);
      own.inputs.plan(choose('Preview Images…'), send);
      const again = (await own.app.commands.run('nebulaVideo.generateAgain', [task.id])) as Task;
      assert.notEqual(again.id, task.id);
      assert.deepEqual(again.request, task.request);
      const [shown] = own.imageFitDialog.shown;
      const [, base64 = ''] = (sent()['input_reference'] ?? '').split(',');
      assert.ok(shown && Buffer.from(shown).equals(Buffer.from(base64, 'base64')));
      assert.deepEqual(own.imageFitDialog.asked[0]?.images[0]?.card.modes, ['asIs', 'crop']);
    });

    it('takes two files as first and last frame, with a model that can do that', async () => {
      own.dialogs.willAnswer(answer('First Frame, Last Frame'));
      own.inputs.plan(write('from one to the other'), enter);
      const files = [pictured('one.png', 1920, 1080), pictured('two.png', 1920, 1080)];
      const task = await run(files[0], files);
      assert.deepEqual(
        task.request.images?.map(({ role }) => role),
        ['first', 'last'],
      );
      assert.match(task.request.model, /^(veo-3\.1|doubao-seedance|kling)/);
    });

    it('takes what is picked, or a link, from the palette; Escape sends nothing', async () => {
      own.dialogs.willAnswer(undefined);
      await run();
      own.dialogs.willAnswer(answer('Browse…'));
      own.desktop.picked = undefined;
      await run();
      own.dialogs.willAnswer(answer('URL…'), undefined);
      await run();
      assert.equal(own.inputs.shown.length, 0);
      own.dialogs.willAnswer(
        answer('URL…'),
        (question: { validate: (text: string) => string | undefined }) => {
          assert.match(question.validate('http://pictures.example/a.png') ?? '', /Enter an https URL/);
          assert.match(question.validate('a.png') ?? '', /Enter an https URL/);
          return ' https://pictures.example/a.png ';
        },
        answer('First Frame'),
      );
      own.inputs.plan(escape);
      await run();
      assert.equal(own.inputs.shown.length, 1);
      assert.equal(gateway.log.filter(({ kind }) => kind === 'submit').length, 0);
    });

    it('has a draft of its own after Escape, which fills no other request', async () => {
      const photos = [pictured('photo.png', 900, 700), pictured('other.png', 900, 700)];
      const prompts: string[] = [];
      const look: Deed = (input) => {
        prompts.push((input as FakeText).value);
        escape(input);
      };
      own.dialogs.willAnswer(...Array.from({ length: 3 }, () => answer('First Frame')));
      own.inputs.plan(write('it comes alive'), escape);
      await run(photos[0], photos.slice(0, 1));
      own.reopen();
      own.inputs.plan(look, look, look);
      await own.app.commands.run('nebulaVideo.generate', []);
      await run(photos[1], photos.slice(1));
      await run(photos[0], photos.slice(0, 1));
      assert.deepEqual(prompts, ['', '', 'it comes alive']);
      rmSync(new URL(String(photos[0])));
      await run(photos[0], photos.slice(0, 1));
      assert.match(own.notifications.last.message, /Couldn't read the image/);
    });

    it('takes images of the workspace in the order in which they were chosen, and either way round', async () => {
      const [one, two] = [pictured('one.png', 1280, 720), pictured('two.png', 720, 1280)];
      own.imagePicker.found = [one, two];
      own.imagePicker.chosen = undefined;
      own.dialogs.willAnswer(answer('Workspace Image…'));
      await run();
      assert.equal(own.inputs.shown.length, 0);
      for (const [label, roles] of [
        ['First Frame, Last Frame', ['first', 'last']],
        ['Last Frame, First Frame', ['last', 'first']],
      ] as const) {
        own.imagePicker.chosen = [two, one];
        own.dialogs.willAnswer(answer('Workspace Image…'), answer(label));
        own.inputs.plan(write(`from one to the other, ${label}`), enter);
        const task = await run();
        assert.deepEqual(
          task.request.images?.map(({ role }) => role),
          roles,
        );
      }
      assert.deepEqual(own.imagePicker.offered[0], [one, two]);
    });

    it('takes the last frame of a video, where the workspace has no image', async () => {
      const video = await own.app.api.settled((await own.app.api.generate(aRequest())).id);
      const [{ width, height } = { width: 0, height: 0 }] = video.videos;
      own.frames.answer = () => png(width, height);
      own.dialogs.willAnswer(
        (question: { choices: { label: string; value: unknown }[] }) => {
          assert.ok(!question.choices.some(({ label }) => label.endsWith('Workspace Image…')));
          return answer('Last Frame of a Video…')(question);
        },
        (question: { choices: { value: unknown }[] }) => question.choices[0]?.value,
        answer('First Frame'),
      );
      own.inputs.plan(write('it goes on'), enter);
      const task = await run();
      assert.deepEqual(own.frames.asked, [[video.id, { video: 0, seconds: null }]]);
      assert.equal(task.request.images?.length, 1);
    });

    it('refuses before anything is asked what can’t be sent', async () => {
      const animated = vscode.Uri.parse(file('a.gif', encoded('animated GIF', quarters(64, 64))), true);
      await run(animated, [animated]);
      assert.match(own.notifications.last.message, /Animated images aren't supported/);
      const text = vscode.Uri.parse(file('b.png', Buffer.from('no picture at all, really not')), true);
      await run(text, [text]);
      assert.match(own.notifications.last.message, /Not a supported image/);
      const many = Array.from({ length: 5 }, (_, index) => pictured(`${index}.png`, 400, 400));
      await run(many[0], many);
      assert.match(own.notifications.last.message, /Select up to 4 images/);
      assert.equal(own.dialogs.asked.length, 0);
      assert.equal(own.inputs.shown.length, 0);
    });
  });

  it('are removed with the last task that they went with, once they are old', async () => {
    const source = file('a.png', png(900, 700));
    const tasks = [await ask(source, 'one'), await ask(source, 'two')];
    const kept = fileURLToPath(tasks[0]?.request.images?.[0]?.source ?? '');
    assert.equal(fileURLToPath(tasks[1]?.request.images?.[0]?.source ?? ''), kept, 'it is there once');
    const past = Date.now() / 1000 - 31 * 24 * 3600;
    utimesSync(kept, past, past);
    for (const [index, { id }] of tasks.entries()) {
      own.dialogs.willAnswer(true);
      await own.app.commands.run('nebulaVideo.stopTracking', [id]);
      own.dialogs.willAnswer(true);
      await own.app.commands.run('nebulaVideo.removeTask', [id]);
      const limit = performance.now() + 5_000;
      while (existsSync(kept) && performance.now() < limit && index === 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.equal(existsSync(kept), index === 0);
    }
  });
});
