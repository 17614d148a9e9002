import type { Card, Choice, EncodedImage, ToPage } from './protocol';

interface DrawnImage {
  /** Object URL of a blob in this page. */
  readonly url: string;
}

export interface CardState {
  readonly card: Card;
  readonly original: DrawnImage | undefined;
  /** The latest result. It may belong to an older choice. */
  readonly preview: (DrawnImage & { readonly caption: string; readonly revision: number }) | undefined;
  readonly error: { readonly message: string; readonly revision: number } | undefined;
}

/** @returns true until the latest choice has a preview or an error. */
export function isBusy({ card, preview, error }: CardState): boolean {
  return preview?.revision !== card.revision && error?.revision !== card.revision;
}

/** @returns the error for the latest choice, if any. Errors for older choices are ignored. */
export function cardError({ card, error }: CardState): string | undefined {
  return error?.revision === card.revision ? error.message : undefined;
}

/** @returns the card with the changed choice and the next revision. */
export function setChoice(state: CardState, change: Partial<Choice>): CardState {
  const { card } = state;
  return {
    ...state,
    card: { ...card, choice: { ...card.choice, ...change }, revision: card.revision + 1 },
  };
}

/** @returns the cards after a message from the host. Messages for unknown cards are ignored. */
export function applyMessage(
  states: readonly CardState[],
  message: ToPage,
  createUrl: (image: EncodedImage) => string,
): readonly CardState[] {
  if (message.type === 'view') {
    return message.cards.map((card) => ({ card, original: undefined, preview: undefined, error: undefined }));
  }
  return states.map((state, index) => {
    if (index !== message.index) return state;
    switch (message.type) {
      case 'original':
        return { ...state, original: { url: createUrl(message.image) } };
      case 'preview': {
        const { image, caption, revision } = message;
        return { ...state, preview: { url: createUrl(image), caption, revision }, error: undefined };
      }
      case 'error': {
        const { message: text, revision } = message;
        return { ...state, error: { message: text, revision } };
      }
    }
  });
}

/** @returns the object URLs in use, so that the caller can revoke the others. */
export function objectUrls(states: readonly CardState[]): Set<string> {
  return new Set(states.flatMap(({ original, preview }) => [original?.url, preview?.url]).filter(isDefined));
}

const isDefined = (url: string | undefined): url is string => url !== undefined;
