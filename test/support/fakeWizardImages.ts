import assert from 'node:assert/strict';
import type { ChosenFit, FitTarget, WizardImages } from '../../src/editor/imageFit/imagesStep';
import type { StepPosition, StepResult } from '../../src/editor/common/multiStep';

/** Scripted images of a request, and a user who leaves the page as planned. */
export class FakeImagesAlong implements WizardImages {
  /** If undefined, the note names the size. */
  readonly note: string | undefined;
  count: number;
  /** Sizes of sora-2 that don't match the image. */
  misfits: readonly string[] = [];
  ends: StepResult[] = [];
  readonly asked: { readonly subject: FitTarget | undefined; readonly place: StepPosition | undefined }[] =
    [];

  constructor(note?: string, pictures = 1) {
    this.note = note;
    this.count = pictures;
  }

  needsFitting({ options }: FitTarget): boolean {
    return this.misfits.includes(String(options['size']));
  }

  noteOn({ options }: FitTarget): string | undefined {
    return this.note ?? `fitted to ${String(options['size'])}`;
  }

  fits({ options }: FitTarget): readonly ChosenFit[] {
    return [{ options: { mode: { kind: 'blur' } }, shown: String(options['size']) }];
  }

  async ask(
    subject: FitTarget | undefined,
    images: readonly unknown[] | undefined,
    place: StepPosition | undefined,
  ): Promise<StepResult> {
    assert.equal(images?.length, 1);
    this.asked.push({ subject, place });
    return Promise.resolve(this.ends.shift() ?? 'away');
  }
}
