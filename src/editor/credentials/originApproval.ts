import { visibleLine } from '../../core/common/displayText';
import type { L10n } from '../../core/common/l10n';
import type { KeyAnswer } from '../../core/gateway/apiKey';
import type { AppContext } from '../common/appContext';
import type { Dialogs } from '../common/dialogs';
import type { CommandTitles } from '../labels/commandTitles';
import type { Keychain } from './keychain';

/**
 * Initiator of a request: the user, an extension through the API, or a command that was run with arguments, by
 * code or by a key binding.
 */
export type Requester = 'person' | 'api' | 'command';

interface Dependencies extends Pick<AppContext, 'dialogs' | 'commandTitles' | 'l10n'> {
  readonly keychain: Keychain;
}

/**
 * Asks the user before the key is sent to a new origin (DESIGN 4.7). An approval is stored with the key. A refusal
 * applies to API and command requests until the window closes, because they may be repeated. The user is asked
 * again.
 */
export class OriginApproval {
  readonly #keychain: Keychain;
  readonly #dialogs: Dialogs;
  readonly #commandTitles: CommandTitles;
  readonly #l10n: L10n;
  readonly #asking = new Map<string, Promise<boolean>>();
  readonly #refused = new Set<string>();

  constructor({ keychain, dialogs, commandTitles, l10n }: Dependencies) {
    this.#keychain = keychain;
    this.#dialogs = dialogs;
    this.#commandTitles = commandTitles;
    this.#l10n = l10n;
  }

  /** @returns the key once the user has approved the origin, or `notApproved`. */
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

  /** Concurrent requests share one dialog. */
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
    const yes = await this.#dialogs.confirm({
      message: this.#l10n.t('Send your API key to {0}?', visibleLine(origin, 100)),
      detail: this.#l10n.t(
        "Your API key hasn't been approved for this address. Its owner could use the key to spend your balance.",
      ),
      action: this.#commandTitles.plain('nebulaVideo.approveAddress'),
    });
    if (yes) await this.#keychain.approve(origin);
    return yes;
  }
}
