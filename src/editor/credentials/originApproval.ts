import { visibleLine } from '../../core/common/displayText';
import type { L10n } from '../../core/common/l10n';
import type { KeyAnswer } from '../../core/gateway/apiKey';
import type { AppContext } from '../common/appContext';
import type { Dialogs } from '../common/dialogs';
import type { Keychain } from './keychain';

/**
 * Who wants something sent: the person at the keyboard, code that speaks through the API, or whoever gave the command
 * a request: code that hears what comes of it, or a key binding, which does not.
 */
export type Requester = 'person' | 'api' | 'command';

interface Dependencies extends Pick<AppContext, 'asker' | 'l10n'> {
  readonly keychain: Keychain;
}

/**
 * Asks whether the key may travel to an origin it has not been approved for (DESIGN 4.7). Yes is kept with the key.
 * No holds until the window closes for callers, who might ask again and again; a person is asked anew.
 */
export class OriginApproval {
  readonly #keychain: Keychain;
  readonly #asker: Dialogs;
  readonly #l10n: L10n;
  readonly #asking = new Map<string, Promise<boolean>>();
  readonly #refused = new Set<string>();

  constructor({ keychain, asker, l10n }: Dependencies) {
    this.#keychain = keychain;
    this.#asker = asker;
    this.#l10n = l10n;
  }

  /** The key, once the user has approved the origin; `notApproved` if the user said no. */
  async keyFor(origin: string, requester: Requester): Promise<KeyAnswer> {
    const answer = await this.#keychain.keyFor(origin);
    if (answer.kind !== 'notApproved') return answer;
    if (requester !== 'person' && this.#refused.has(origin)) return answer;
    if (!(await this.#askOnce(origin))) {
      this.#refused.add(origin);
      return answer;
    }
    this.#refused.delete(origin);
    return this.#keychain.keyFor(origin);
  }

  /** One dialog, however many wait for its answer. */
  async #askOnce(origin: string): Promise<boolean> {
    const asked = this.#asking.get(origin) ?? this.#ask(origin);
    this.#asking.set(origin, asked);
    try {
      return await asked;
    } finally {
      this.#asking.delete(origin);
    }
  }

  async #ask(origin: string): Promise<boolean> {
    const yes = await this.#asker.confirm({
      message: this.#l10n.t('Send your API key to {0}?', visibleLine(origin, 100)),
      detail: this.#l10n.t(
        "Whoever runs this address can use the key and spend your balance. Your key wasn't used there before.",
      ),
      action: this.#l10n.t('Send Key'),
    });
    if (yes) await this.#keychain.approve(origin);
    return yes;
  }
}
