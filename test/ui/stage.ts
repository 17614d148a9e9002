import fs from 'node:fs';
import path from 'node:path';
import type { GatewayOptions } from '../gateway/gatewayOptions';
import { startPretendGateway, type PretendGateway } from '../gateway/pretendGateway';
import { filesWithKey } from '../support/keySearch';
import { startSession, type Session } from '../vscode/session';
import type { ExtensionSource } from '../vscode/vscodeServer';
import type { Workbench } from '../vscode/workbench';

export interface StageOptions {
  /** Name of the profile, and of the screenshot if a test fails. */
  readonly name: string;
  readonly render: NonNullable<GatewayOptions['render']>;
  /** In addition to those for the pretend gateway. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** True (default) if the environment contains the key. */
  readonly hasKey?: boolean;
  readonly workspaceTrust?: boolean;
  /** How the extension gets in: this project as if it were installed, unless a package is named. */
  readonly extension?: ExtensionSource;
  /** What `send` can ask for. */
  readonly prompts?: readonly string[];
  /** Puts files into the profile before a window opens. */
  readonly prepare?: (session: Session) => void;
}

/** The pretend gateway, and VS Code with the extension and one open window. */
export class Stage {
  readonly #options: StageOptions;
  #parts: { readonly gateway: PretendGateway; readonly session: Session } | undefined;
  #window: Workbench | undefined;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  get gateway(): PretendGateway {
    return this.#running.gateway;
  }

  get session(): Session {
    return this.#running.session;
  }

  /** The window in front; tests that open another one say so. */
  get window(): Workbench {
    if (!this.#window) throw new Error('No window is open.');
    return this.#window;
  }

  set window(window: Workbench) {
    this.#window = window;
  }

  /** How often a paid request has arrived. */
  get submits(): number {
    return this.gateway.log.filter(({ kind }) => kind === 'submit').length;
  }

  /** Asks for a video by a key that is bound to the request. */
  async send(prompt: string): Promise<void> {
    const index = this.#options.prompts?.indexOf(prompt) ?? -1;
    if (index < 0) throw new Error(`No key is bound to “${prompt}”.`);
    await this.window.press(`Control+Alt+Shift+Key${letterOf(index).toUpperCase()}`);
  }

  async start(): Promise<void> {
    const { name, render, settings, hasKey = true, prepare } = this.#options;
    const { workspaceTrust = false, extension = 'linked' } = this.#options;
    const gateway = await startPretendGateway({ render });
    const session = await startSession({
      name,
      extension,
      workspaceTrust,
      settings: { 'nebulaVideo.baseUrl': gateway.baseUrl, 'nebulaVideo.pollSeconds': 3, ...settings },
      env: { NEBULA_API_KEY: hasKey ? gateway.key : undefined },
    });
    this.#parts = { gateway, session };
    this.#bindKeys(session);
    prepare?.(session);
    this.window = await session.open({});
    await this.window.ready();
  }

  /** @throws if the key is in any file, or was sent outside its header */
  async stop(): Promise<void> {
    if (!this.#parts) return;
    const { gateway, session } = this.#parts;
    let leaks: readonly string[] | undefined;
    await session.stop(() => {
      // A key that a person has entered is kept where the browser keeps its secrets.
      const secrets = this.#options.hasKey === false ? ['browser'] : [];
      leaks = filesWithKey(session.profile.folder, gateway.key, secrets);
    });
    await gateway.stop();
    const elsewhere = gateway.log.filter(({ keyElsewhere }) => keyElsewhere).map(({ path }) => path);
    if (!leaks) throw new Error('What the session left behind was not searched for the key.');
    if (leaks.length + elsewhere.length > 0) {
      throw new Error(`The key leaked to ${[...leaks, ...elsewhere].join(', ')}.`);
    }
  }

  get #running() {
    if (!this.#parts) throw new Error('The stage is not set.');
    return this.#parts;
  }

  #bindKeys({ profile }: Session): void {
    const bindings = (this.#options.prompts ?? []).map((prompt, index) => ({
      key: `ctrl+alt+shift+${letterOf(index)}`,
      command: 'nebulaVideo.generate',
      args: { model: 'sora-2', prompt, options: { seconds: '4', size: '1280x720' } },
    }));
    fs.writeFileSync(path.join(profile.userData, 'User', 'keybindings.json'), JSON.stringify(bindings));
  }
}

/** The letter of the key that is bound to a request. */
function letterOf(index: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + index);
}

/** A stage for all tests of a suite, with a screenshot of each failure. */
export function useStage(options: StageOptions): Stage {
  const stage = new Stage(options);
  before(() => stage.start());
  after(() => stage.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await stage.window.screenshot(`${options.name}-failed`);
  });
  return stage;
}
