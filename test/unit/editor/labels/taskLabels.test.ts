import { strict as assert } from 'node:assert';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import { parametersOf } from '../../../../src/core/models/options';
import { PHASES, isFinal, type Phase } from '../../../../src/core/task/phases';
import { FAILURE_KINDS, type FailureKind } from '../../../../src/core/task/task';
import { describeOptions, formatOption, optionPlaceholder } from '../../../../src/editor/labels/optionLabels';
import {
  formatAge,
  formatDuration,
  rowIcon,
  shortDateTimeFormat,
  escapeMarkdown,
  formatDateTime,
  phaseLabel,
  formatTimestamp,
  truncatePrompt,
  taskStateLabel,
} from '../../../../src/editor/labels/taskLabels';
import { contextValue } from '../../../../src/editor/tasks/contextValue';
import { catalog } from '../../../support/catalog';

describe('the words for tasks', () => {
  it('have a word and a shape of its own for each phase', () => {
    const words = PHASES.map((phase) => phaseLabel({ phase }, untranslatedL10n));
    assert.equal(new Set(words).size, PHASES.length);
    const still = PHASES.map((phase) => rowIcon({ phase }).icon).filter((icon) => icon !== 'sync~spin');
    assert.equal(new Set(still).size, still.length);
    const moving = PHASES.filter((phase) => rowIcon({ phase }).icon === 'sync~spin');
    assert.deepEqual(moving, ['sending', 'running', 'saving']);
    assert.equal(phaseLabel({ phase: 'saved' }, untranslatedL10n), 'Done');
    assert.equal(phaseLabel({ phase: 'stopped' }, untranslatedL10n), 'Canceled');
    assert.equal(phaseLabel({ phase: 'stopped', gatewayTaskId: 'a' }, untranslatedL10n), 'Not tracked');
  });

  it('let ended tasks be removed, and only followed ones be let go', () => {
    for (const phase of PHASES) {
      assert.equal(/\bremovable\b/.test(contextValue({ phase }, catalog)), isFinal(phase), phase);
      const followed = ['queued', 'running', 'ready', 'saving'].includes(phase);
      assert.equal(/\bfollowed\b/.test(contextValue({ phase }, catalog)), followed, phase);
    }
  });

  it('offer for each state what suits it', () => {
    const AGAIN: readonly Phase[] = ['failed', 'rejected', 'lost', 'stopped'];
    const words = (phase: Phase, missing: 'none' | 'some' | 'all' = 'none') =>
      contextValue({ phase, gatewayTaskId: 'task_1' }, catalog, missing);
    for (const phase of PHASES) {
      assert.equal(/\bvideo\b/.test(words(phase)), phase === 'saved', phase);
      assert.equal(/\bagain\b/.test(words(phase)), AGAIN.includes(phase), phase);
      // A video's row is not taken away with one click.
      assert.equal(/\bclearable\b/.test(words(phase)), isFinal(phase) && phase !== 'saved', phase);
      assert.ok(
        !/\bagain\b/.test(contextValue({ phase }, catalog)),
        'what the gateway never had can’t be looked for',
      );
    }
    for (const phase of ['unknown', 'queued', 'lost', 'failed', 'stopped'] as const) {
      assert.match(contextValue({ phase, takesTaskId: true }, catalog), /\battachable\b/);
      assert.ok(!/\battachable\b/.test(words(phase)), phase);
    }
    assert.match(contextValue({ phase: 'saved', gatewayTaskId: 'video_1' }, catalog), /\bremixable\b/);
    assert.ok(
      !/\bremixable\b/.test(
        words('saved') + contextValue({ phase: 'running', gatewayTaskId: 'video_1' }, catalog),
      ),
    );
    assert.match(words('saved', 'all'), /\bmissing again\b/);
    assert.ok(!/\bvideo\b/.test(words('saved', 'all')));
    // Received videos can be opened and saved, and the missing ones checked again.
    assert.match(words('saved', 'some'), /\bvideo again\b/);
    assert.ok(!/\bmissing\b/.test(words('saved', 'some')));
  });

  it('show a task that waits for the user as such', () => {
    const failure = (kind: FailureKind) => ({ kind, message: '', summary: '', charged: 'unknown' }) as const;
    const expected = { key: 'Needs API key', permission: 'Needs API key', quota: 'Needs balance' };
    for (const kind of FAILURE_KINDS) {
      for (const phase of PHASES) {
        const pauses = ['queued', 'running', 'ready'].includes(phase) && kind in expected;
        const task = { phase, failure: failure(kind) };
        assert.equal(
          taskStateLabel(task, untranslatedL10n),
          pauses ? expected[kind as keyof typeof expected] : phaseLabel({ phase }, untranslatedL10n),
          `${kind}, ${phase}`,
        );
        assert.equal(rowIcon(task).icon === 'key', pauses, `${kind}, ${phase}`);
      }
    }
    for (const phase of PHASES)
      assert.equal(taskStateLabel({ phase }, untranslatedL10n), phaseLabel({ phase }, untranslatedL10n));
  });

  it('warn of a video that could not be verified, once it is in the library', () => {
    const video = {
      ...{ uri: '', bytes: 1, width: 0, height: 0 },
      durationSeconds: 0,
      hasAudio: false,
      sha256: '',
    };
    const videos = [video, { ...video, unverified: true as const }];
    for (const phase of PHASES) {
      assert.equal(
        taskStateLabel({ phase, videos: [video] }, untranslatedL10n),
        phaseLabel({ phase }, untranslatedL10n),
      );
      const expected = phase === 'saved' ? 'May be damaged' : phaseLabel({ phase }, untranslatedL10n);
      assert.equal(taskStateLabel({ phase, videos }, untranslatedL10n), expected);
    }
  });

  it('shorten a prompt to one line', () => {
    assert.equal(truncatePrompt(' a  boat\n on\tthe sea '), 'a boat ⏎ on the sea');
    assert.equal(Array.from(truncatePrompt('汉'.repeat(100))).length, 40);
  });

  it('tell an age in few characters', () => {
    const minute = 60_000;
    assert.equal(formatAge(-5, untranslatedL10n), 'just now');
    assert.equal(formatAge(minute - 1, untranslatedL10n), 'just now');
    assert.equal(formatAge(7.9 * minute, untranslatedL10n), '7 min');
    assert.equal(formatAge(61 * minute, untranslatedL10n), '1 h 1 min');
    assert.equal(formatAge(120 * minute, untranslatedL10n), '2 h');
    assert.equal(formatAge(49 * 60 * minute, untranslatedL10n), '2 d 1 h');
  });

  it('tell how long something took', () => {
    // The clock was set back meanwhile.
    assert.equal(formatDuration(-5, untranslatedL10n), '0 s');
    assert.equal(formatDuration(0, untranslatedL10n), '0 s');
    assert.equal(formatDuration(7, untranslatedL10n), '7 s');
    assert.equal(formatDuration(80, untranslatedL10n), '1 min 20 s');
    assert.equal(formatDuration(3601, untranslatedL10n), '1 h');
  });

  it('tell a moment with its day, and with its year where that is another one', () => {
    const at = new Date(2025, 2, 4, 15, 6).getTime();
    assert.match(formatDateTime(at, at, 'en-US'), /^Mar 4, 3:06\sPM$/);
    assert.match(formatDateTime(at, at + 366 * 86_400_000, 'en-US'), /^Mar 4, 2025, 3:06\sPM$/);
  });

  it('tell a moment in a list by its time today, else by its day', () => {
    const at = new Date(2025, 2, 4, 15, 6).getTime();
    const format = shortDateTimeFormat('en-US');
    assert.equal(format(1e300, at), 'Invalid Date');
    assert.match(format(at, at + 1000), /^3:06\sPM$/);
    assert.equal(format(at, at + 86_400_000), 'Mar 4');
    assert.equal(format(at, at + 366 * 86_400_000), 'Mar 4, 2025');
  });

  it('tell a step of a task to the second, with its day where that is another one', () => {
    const at = new Date(2025, 2, 4, 15, 6, 7).getTime();
    assert.match(formatTimestamp(at, at, 'en-US'), /^3:06:07\sPM$/);
    assert.match(formatTimestamp(at + 86_400_000, at, 'en-US'), /^Mar 5, 3:06:07\sPM$/);
  });

  it('tell options in plain words, and unknown ones as they are', () => {
    const describe = (model: string, options: Readonly<Record<string, string | number | boolean>>) =>
      describeOptions({ model, options }, catalog, untranslatedL10n);
    assert.deepEqual(describe('sora-2', { seconds: '8', size: '720x1280' }), ['8 s', '720×1280 (portrait)']);
    assert.deepEqual(describe('wan2.5-t2v-preview', { size: '960*960' }), ['960×960']);
    const seedance = 'doubao-seedance-1-0-pro-250528';
    assert.deepEqual(describe(seedance, { ratio: '16:9' }), ['16:9 (landscape)']);
    assert.deepEqual(describe(seedance, { ratio: 'wide' }), ['Aspect Ratio: wide']);
    assert.deepEqual(describe('veo-9', { sampleCount: 1, newest: true }), ['Videos: 1', 'newest: true']);
    // Option names are still readable if the model is no longer known.
    assert.deepEqual(describe('gone', { n: 2, seconds: '8' }), ['Videos: 2', '8 s']);
  });

  it('have a placeholder, a name and words for every option of every family', () => {
    for (const { id, family } of catalog.models) {
      for (const mode of family.modes(id)) {
        for (const parameter of parametersOf(family, { model: id, mode, options: {} })) {
          const { name, values } = parameter;
          // These names of providers aren't translated.
          if (!['cfg_scale', 'response_format', 'metadata'].includes(name))
            assert.notEqual(parameter.label(untranslatedL10n), name);
          assert.notEqual(optionPlaceholder(parameter, untranslatedL10n), '');
          const flags = values.kind === 'flag' ? ['true', 'false'] : [];
          for (const value of values.kind === 'choice' ? values.of : flags) {
            const word = formatOption(parameter, String(value), untranslatedL10n);
            assert.ok(['resolution', 'ratio'].includes(name) || word !== String(value), `${name} ${value}`);
          }
          assert.equal(
            new Set(flags.map((value) => formatOption(parameter, value, untranslatedL10n))).size,
            flags.length,
          );
        }
      }
    }
  });

  it('make Markdown that can do nothing', () => {
    assert.equal(
      escapeMarkdown('# a *b* <i>\n[x](command:y) https://z'),
      '\\# a \\*b\\* \\<i\\> ⏎ \\[x\\]\\(command\\:y\\) https\\:\\/\\/z',
    );
  });
});
