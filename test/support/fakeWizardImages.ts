import assert from 'node:assert/strict';
import type { Size } from '../../src/core/images/pixels';
import type { ChosenFit, FitTarget, WizardImages } from '../../src/editor/imageFit/wizardImages';

/** Scripted images of a request, and a user who leaves the page as planned. */
export class FakeImagesAlong implements WizardImages {
  /** If undefined, the note names the size. */
  readonly note: string | undefined;
  count: number;
  firstSize: Size | undefined;
  ends: ('done' | 'cancel')[] = [];
  readonly previewed: FitTarget[] = [];

  constructor(note?: string, count = 1) {
    this.note = note;
    this.count = count;
  }

  noteOn({ options }: FitTarget): string | undefined {
    return this.note ?? `fitted to ${String(options['size'])}`;
  }

  fits({ options }: FitTarget): readonly ChosenFit[] {
    return [{ options: { mode: { kind: 'blur' } }, shown: String(options['size']) }];
  }

  async preview(
    _title: string,
    target: FitTarget,
    images: readonly unknown[] | undefined,
  ): Promise<'done' | 'cancel'> {
    assert.equal(images?.length, 1);
    this.previewed.push(target);
    return Promise.resolve(this.ends.shift() ?? 'cancel');
  }
}
