import type { Uri } from 'vscode';
import type { ImagePicker } from '../../src/editor/imageFit/imagePicker';

/** A workspace with these images, and a user who picks some of them. */
export class FakeImagePicker implements ImagePicker {
  found: readonly Uri[] = [];
  /** Undefined is Escape. */
  chosen: readonly Uri[] | undefined;
  /** The images offered each time. */
  readonly offered: (readonly Uri[])[] = [];

  find(): Promise<readonly Uri[]> {
    return Promise.resolve(this.found);
  }

  choose(_title: string, images: readonly Uri[]): Promise<readonly Uri[] | undefined> {
    this.offered.push(images);
    return Promise.resolve(this.chosen);
  }
}
