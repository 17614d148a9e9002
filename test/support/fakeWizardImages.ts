import assert from 'node:assert/strict';
import type { ChosenFit, FitTarget, WizardImages } from '../../src/editor/imageFit/imagesStep';
import type { StepPosition, StepResult } from '../../src/editor/common/multiStep';

/** Images of a request that a test says all about, and a person who leaves the page as it has planned. */
export class FakeImagesAlong implements WizardImages {
  /** Undefined is a note that names the size. */
  readonly note: string | undefined;
  pictures: number;
  /** The sizes of sora-2 that an image has not. */
  misfits: readonly string[] = [];
  ends: StepResult[] = [];
  readonly asked: { readonly subject: FitTarget | undefined; readonly place: StepPosition | undefined }[] =
    [];

  constructor(note?: string, pictures = 1) {
    this.note = note;
    this.pictures = pictures;
  }

  needsFitting({ options }: FitTarget): boolean {
    return this.misfits.includes(String(options['size']));
  }

  noteOn({ options }: FitTarget): string | undefined {
    return this.note ?? `fitted to ${String(options['size'])}`;
  }

  fits({ options }: FitTarget): readonly ChosenFit[] {
    return [{ wish: { way: { kind: 'blur' } }, shown: String(options['size']) }];
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
