import assert from 'node:assert/strict';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import { Catalog } from '../../../../src/core/models/catalog';
import { FAMILIES } from '../../../../src/core/models/families';
import type { PreparedRequest } from '../../../../src/core/models/family';
import { resolveOptions } from '../../../../src/core/models/options';
import { prepareRequest } from '../../../../src/core/models/prepareRequest';
import { createVariations, requestedVideoCount } from '../../../../src/core/models/variations';
import type { EngineAccess } from '../../../../src/editor/common/engineAccess';
import { Rejection } from '../../../../src/editor/common/rejection';
import { Settings } from '../../../../src/editor/common/settings';
import type { Keychain } from '../../../../src/editor/credentials/keychain';
import type { OriginApproval } from '../../../../src/editor/credentials/originApproval';
import { RequestSender } from '../../../../src/editor/generate/submit/requestSender';
import { familyChoices, modelChoices, modelWarning } from '../../../../src/editor/generate/wizard/pickModel';
import { runGenerateWizard } from '../../../../src/editor/generate/wizard/wizard';
import { WizardImageSet } from '../../../../src/editor/imageFit/wizardImages';
import { describeOptions } from '../../../../src/editor/labels/optionLabels';
import { isRemixable } from '../../../../src/editor/common/taskPicker';
import { FakeImageFitDialog } from '../../../support/fakeImageFitDialog';
import { fakeWizardDependencies } from '../../../support/fakeWizard';
import {
  FakeQuickInputs,
  choose,
  press,
  send,
  set,
  write,
  type FakePick,
} from '../../../support/fakeQuickInputs';
import { madeUp } from '../../../support/madeUpFamily';
import { modelsPage } from '../../../support/modelsPage';
import { ScriptedDialogs } from '../../../support/scriptedDialogs';
import { commandTitles } from '../../../support/commandTitles';

const ignore = () => undefined;
const done = () => Promise.resolve();
const pixel = 'data:image/png;base64,iVBORw0KGgo=';

describe('a family that is one file', () => {
  const catalog = new Catalog([...FAMILIES, madeUp]);
  const prompt = 'a kite';

  it('offers its models, knows others by their prefix, and warns', () => {
    const offered = modelChoices(catalog, undefined).map(({ id }) => id);
    assert.ok(offered.includes('painter-1') && !offered.includes('painter-0'));
    assert.equal(catalog.familyOf('painter-2'), madeUp);
    assert.equal(modelWarning('painter-0', catalog, undefined, untranslatedL10n), 'This model is a draft.');
    const choice = familyChoices(catalog, () => true, untranslatedL10n).at(-1);
    assert.deepEqual(
      [choice?.label, choice?.description, choice?.detail],
      ['Painter', 'painter-1, painter-0', 'Length, Aspect Ratio, Brush, Seed, Videos'],
    );
    const custom = new Catalog([madeUp], () => [{ id: 'mine', family: 'painter' }]);
    assert.equal(custom.familyOf('mine'), madeUp);
  });

  it('is a form in the wizard, in which nothing illegal can be built', async () => {
    const inputs = new FakeQuickInputs();
    inputs.plan(
      ...[write(prompt), ...set(['Model', 'Painter 1']), choose('Brush')],
      (input) => {
        // A broad brush needs 6 seconds.
        assert.deepEqual((input as FakePick).rows, ['fine brush: Default']);
        press()(input);
      },
      ...[...set(['Length', '6 s'], ['Brush', 'broad brush']), send],
    );
    const result = await runGenerateWizard(
      fakeWizardDependencies({ inputs, catalog, models: catalog.listedModels }),
      { at: 'prompt' },
    );
    assert.deepEqual((inputs.shown.at(-1) as FakePick).rows.slice(1, -2), [
      'Model: Painter 1 · painter-1',
      ...['Length: 6 s', 'Aspect Ratio: 1:1', 'Brush: broad brush', 'Seed: Default'],
      ...['Videos: 1', 'Images: none'],
    ]);
    assert.deepEqual(result?.request, {
      ...{ model: 'painter-1', prompt },
      options: { howLong: 6, canvas: '1:1', brush_kind: 'broad', copies: 1 },
    });
  });

  it('says what a request is in the words of its options', () => {
    const options = { howLong: 6, canvas: '2:1', brush_kind: 'fine', dice: 3, copies: 2, strange: true };
    assert.deepEqual(describeOptions({ model: 'painter-1', options }, catalog, untranslatedL10n), [
      ...['6 s', '2:1 (landscape)', 'fine brush', 'Seed: 3', 'Videos: 2', 'strange: true'],
    ]);
  });

  it('fits images to what it wants', () => {
    const found = (width: number, height: number) => ({
      source: 'file:///a.png',
      info: {
        ...({ kind: 'image', format: 'png', orientation: 1, animated: false, lossless: true } as const),
        ...{ bytes: 1000, width, height, hasAlpha: false },
      },
    });
    const images = (width: number, height: number) =>
      new WizardImageSet([found(width, height)], {
        images: { fit: () => Promise.reject(new Error('nothing is fitted here')) },
        ...{ dialog: new FakeImageFitDialog(), l10n: untranslatedL10n, language: 'en' },
      });
    const target = (canvas: string) => ({ model: { id: 'painter-1', family: madeUp }, options: { canvas } });
    assert.equal(images(500, 500).noteOn(target('1:1')), undefined);
    assert.match(images(800, 500).noteOn(target('2:1')) ?? '', /1000×500/);
  });

  it('varies its seed and counts its videos, whatever they are called', () => {
    const subject = { model: 'painter-1', mode: 'text' } as const;
    const resolved = resolveOptions(madeUp, subject, { copies: 2 });
    let next = 0;
    const varied = createVariations(madeUp, subject, resolved, { kind: 'again', times: 3 }, () => next++ / 6);
    assert.deepEqual(
      varied.map(({ dice }) => dice),
      [1, 2, 3],
    );
    const requests = varied.map((options) => ({ model: 'painter-1', options }));
    assert.equal(requestedVideoCount(catalog, requests), 6);
  });

  it('tells its tasks from those of others', () => {
    assert.equal(catalog.taskIdExample('painter-1'), 'paint_…');
    assert.equal(catalog.resultRoute('painter-1', 'paint_1'), 'link');
    assert.equal(isRemixable({ phase: 'saved', gatewayTaskId: 'paint_1' }, catalog), false);
    const remixing: typeof madeUp = {
      ...madeUp,
      modes: () => ['text', 'remix'],
      taskIds: { prefix: 'paint_', pattern: /^paint_\d+$/, remixModel: 'painter-1' },
    };
    const other = new Catalog([remixing]);
    assert.equal(isRemixable({ phase: 'saved', gatewayTaskId: 'paint_1' }, other), true);
    assert.equal(other.remixFamily?.model, 'painter-1');
    assert.throws(
      () => prepareRequest({ model: 'painter-1', prompt, remixOf: 'video_1' }, other, untranslatedL10n),
      /neither an accepted task of painter-1 .* starts with paint_\./,
    );
  });

  it('is in the docs', () => {
    const text = modelsPage(catalog);
    assert.match(text, /## painter\n\nIds that begin with `painter-`\./);
    assert.match(text, /\| `painter-1` \| text; first image \| none \| yes \|/);
    assert.match(text, /\| `brush_kind` \| string \| `fine`, `broad` \| `fine` \| How the strokes look\. \|/);
  });

  it('is sent for other extensions, and refused with its own sentence', async () => {
    const sent: PreparedRequest[] = [];
    const opened = {
      ready: done,
      submit: (prepared: PreparedRequest) => {
        sent.push(prepared);
        return Promise.resolve({ id: 'task' });
      },
    };
    const engine = { current: opened, open: () => Promise.resolve(opened) } as unknown as EngineAccess;
    const keychain = {
      place: () => Promise.resolve('stored'),
      looksLikeKey: () => false,
    } as unknown as Keychain;
    const approval = { keyFor: () => Promise.resolve({ kind: 'key', key: { id: '1', value: 'x' } }) };
    const sender = new RequestSender({
      ...{
        catalog,
        engine,
        keychain,
        dialogs: new ScriptedDialogs(),
        commandTitles,
        l10n: untranslatedL10n,
        onSent: ignore,
      },
      settings: new Settings((name) => (name === 'confirm' ? 'never' : undefined)),
      approval: approval as unknown as OriginApproval,
      images: { fit: (input) => Promise.resolve({ input, keep: (request) => Promise.resolve(request) }) },
    });
    // As the public interface does.
    const generate = async (input: object) => sender.send(input, 'api', new AbortController().signal);
    const request = { model: 'painter-1', prompt, images: [{ role: 'first', source: pixel } as const] };
    await generate({ ...request, options: { howLong: '6', brush_kind: 'broad', dice: 2 } });
    assert.deepEqual(JSON.parse(sent[0]?.body ?? ''), {
      ...{ model: 'painter-1', scene: prompt, sketch: pixel },
      paint: { howLong: 6, canvas: '1:1', brush_kind: 'broad', dice: 2, copies: 1 },
    });
    const refused = async (options: Record<string, string>, said: RegExp) =>
      assert.rejects(generate({ ...request, options }), (error) => {
        assert.ok(error instanceof Rejection);
        assert.equal(error.code, 'invalidRequest');
        assert.match(error.message, said);
        return true;
      });
    await refused({ brush_kind: 'broad' }, /A broad brush needs 6 seconds\./);
    await refused({ canvas: '9:9' }, /'canvas' must be one of 1:1, 2:1/);
    assert.equal(sent.length, 1);
  });
});
