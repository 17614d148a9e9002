import type { Card, Choice, ToPage } from './protocol';

/** A picture that can be drawn. */
interface Drawn {
  /** Of a blob of this page. */
  readonly url: string;
}

/** What the page knows of one image. */
export interface CardState {
  readonly card: Card;
  readonly original: Drawn | undefined;
  /** What was last made of it, perhaps for an older choice. */
  readonly preview: (Drawn & { readonly caption: string; readonly revision: number }) | undefined;
  readonly fault: { readonly sentence: string; readonly revision: number } | undefined;
}

/** Whether what is shown is not yet what was chosen last. */
export function isBusy({ card, preview, fault }: CardState): boolean {
  return preview?.revision !== card.revision && fault?.revision !== card.revision;
}

/** Why it can't be sent as it was chosen last, if that is so. */
export function cardError({ card, fault }: CardState): string | undefined {
  return fault?.revision === card.revision ? fault.sentence : undefined;
}

/** The card with another choice. */
export function setChoice(state: CardState, change: Partial<Choice>): CardState {
  const { card } = state;
  return {
    ...state,
    card: { ...card, choice: { ...card.choice, ...change }, revision: card.revision + 1 },
  };
}

/** What is known after the host has told something; of an image that is not there it says nothing. */
export function applyMessage(
  states: readonly CardState[],
  message: ToPage,
  urlOf: (picture: Extract<ToPage, { type: 'original' }>['picture']) => string,
): readonly CardState[] {
  if (message.type === 'view') {
    return message.cards.map((card) => ({ card, original: undefined, preview: undefined, fault: undefined }));
  }
  return states.map((state, index) => {
    if (index !== message.image) return state;
    switch (message.type) {
      case 'original':
        return { ...state, original: { url: urlOf(message.picture) } };
      case 'preview': {
        const { picture, caption, revision } = message;
        return { ...state, preview: { url: urlOf(picture), caption, revision }, fault: undefined };
      }
      case 'fault': {
        const { sentence, revision } = message;
        return { ...state, fault: { sentence, revision } };
      }
    }
  });
}

/** The addresses that a state draws from. */
export function objectUrls(states: readonly CardState[]): Set<string> {
  return new Set(states.flatMap(({ original, preview }) => [original?.url, preview?.url]).filter(isThere));
}

const isThere = (url: string | undefined): url is string => url !== undefined;
