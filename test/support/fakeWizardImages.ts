import assert from 'node:assert/strict';
import type { ChosenFit, FitSubject, ImagesAlong } from '../../src/editor/imageFit/imagesStep';
import type { Place, StepEnd } from '../../src/editor/common/multiStep';

/** Images of a request that a test says all about, and a person who leaves the page as it has planned. */
export class FakeImagesAlong implements ImagesAlong {
  /** Undefined is a note that names the size. */
  readonly note: string | undefined;
  pictures: number;
  /** The sizes of sora-2 that an image has not. */
  misfits: readonly string[] = [];
  ends: StepEnd[] = [];
  readonly asked: { readonly subject: FitSubject | undefined; readonly place: Place | undefined }[] = [];

  constructor(note?: string, pictures = 1) {
    this.note = note;
    this.pictures = pictures;
  }

  needsFitting({ options }: FitSubject): boolean {
    return this.misfits.includes(String(options['size']));
  }

  noteOn({ options }: FitSubject): string | undefined {
    return this.note ?? `fitted to ${String(options['size'])}`;
  }

  fits({ options }: FitSubject): readonly ChosenFit[] {
    return [{ wish: { way: { kind: 'blur' } }, shown: String(options['size']) }];
  }

  async ask(
    subject: FitSubject | undefined,
    images: readonly unknown[] | undefined,
    place: Place | undefined,
  ): Promise<StepEnd> {
    assert.equal(images?.length, 1);
    this.asked.push({ subject, place });
    return Promise.resolve(this.ends.shift() ?? 'away');
  }
}
