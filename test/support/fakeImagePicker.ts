import type { Uri } from 'vscode';
import type { ImagePicker } from '../../src/editor/imageFit/imagePicker';

/** A workspace with these images, of which a person takes those. */
export class FakeImagePicker implements ImagePicker {
  found: readonly Uri[] = [];
  /** Escape is undefined. */
  chosen: readonly Uri[] | undefined;
  /** What there was to choose from, each time. */
  readonly offered: (readonly Uri[])[] = [];

  find(): Promise<readonly Uri[]> {
    return Promise.resolve(this.found);
  }

  choose(_title: string, images: readonly Uri[]): Promise<readonly Uri[] | undefined> {
    this.offered.push(images);
    return Promise.resolve(this.chosen);
  }
}
