import { parseOptionValue, type Parameter } from '../../../core/models/parameter';
import type { VideoRequest } from '../../../core/models/request';
import { requestedVideoCount } from '../../../core/models/variations';
import type { Answer } from '../../common/quickInputs';
import { modelName } from '../../labels/optionLabels';
import { escapeQuickPickText } from '../../labels/taskLabels';
import { modelLabels, pickFamily, pickModel } from './pickModel';
import { hasRow, isHidden, pickHiddenOption, pickOption, shownValue } from './pickOption';
import { pickPreset, presetsFor } from './pickPreset';
import { inputPrompt, quotePrompt } from './promptStep';
import { changeImages, changeRemixSource, sourceRows, type SourceStep } from './sourceStep';
import { showSummary, type RowKey, type SummaryRow } from './summaryStep';
import { validatePrompt } from './validatePrompt';
import { WizardRequest } from './wizardRequest';
import type { Answers, WizardDependencies, WizardOptions, WizardResult } from './wizardTypes';

/**
 * Asks for a prompt, then shows the request as a form that the user can change and confirm.
 * @returns undefined if the user canceled. What they wrote is kept as a draft.
 */
export async function runGenerateWizard(
  deps: WizardDependencies,
  options: WizardOptions,
): Promise<WizardResult | undefined> {
  return new GenerateWizard(deps, options).run();
}

class GenerateWizard {
  readonly #deps: WizardDependencies;
  readonly #start: WizardOptions;
  readonly #request: WizardRequest;
  /** Rows whose values changed because of the last choice, with the values before. */
  #previous: ReadonlyMap<RowKey, string> = new Map();

  constructor(deps: WizardDependencies, options: WizardOptions) {
    this.#deps = deps;
    this.#start = options;
    this.#request = new WizardRequest(deps, options);
  }

  async run(): Promise<WizardResult | undefined> {
    await this.#request.begin();
    let isAtPrompt = this.#start.at === 'prompt';
    for (;;) {
      if (isAtPrompt && !(await this.#askPrompt())) return undefined;
      const end = await this.#askToSend();
      if (end === 'send') return this.#request.finish();
      if (end === 'cancel') return undefined;
      isAtPrompt = true;
    }
  }

  get #title(): string {
    const { model } = this.#request;
    const command = this.#start.batch ? 'nebulaVideo.generateSeveral' : 'nebulaVideo.generate';
    const title = this.#deps.commandTitles.plain(command);
    return model ? `${title} · ${modelName(model)}` : title;
  }

  get #imageCount(): number {
    return this.#request.images?.count ?? 0;
  }

  get #previewLabel(): string {
    return this.#deps.l10n.t('Preview Images…');
  }

  get #sources(): SourceStep {
    return {
      ...this.#deps,
      title: this.#title,
      request: this.#request,
      previewLabel: this.#previewLabel,
      preview: async () => this.#preview(),
    };
  }

  /** @returns false if the user canceled */
  async #askPrompt(): Promise<boolean> {
    for (;;) {
      const { openEditor, looksLikeKey, l10n, language } = this.#deps;
      const answer = await inputPrompt({
        ...this.#deps,
        title: this.#title,
        prompt: this.#request.prompt,
        isRestored: this.#request.isRestored,
        sources: this.#request.sources,
        hasPresets: this.#canStartFromPreset && presetsFor(this.#request.mode, this.#deps).presets.length > 0,
        // The editor wouldn't know about the batch.
        hasEditor: this.#start.batch === undefined,
        validate: (text) =>
          validatePrompt(text, this.#request.model?.family.maxPromptLength, this.#request.error(text), {
            l10n,
            language,
          }),
        onChange: (text) => this.#request.setPrompt(text),
      });
      if (answer.kind === 'discard') this.#request.discardDraft();
      if (answer.kind === 'prompt') this.#request.setPrompt(answer.prompt);
      // An editor would keep a key in a file. The input box shows why the prompt can't be used.
      if (answer.kind === 'editor' && looksLikeKey(this.#request.prompt)) continue;
      if (answer.kind === 'editor') await openEditor(this.#request.prompt, this.#request.input());
      if (answer.kind === 'prompt') return true;
      if (answer.kind === 'cancel' || answer.kind === 'editor') return false;
      if (answer.kind !== 'discard' && (await this.#open(answer.kind)) === 'cancel') return false;
    }
  }

  /** Shows the summary until the user sends the request, goes back, or cancels. */
  async #askToSend(): Promise<'send' | 'back' | 'cancel'> {
    let active: RowKey = 'send';
    this.#previous = new Map();
    for (;;) {
      const answer = await this.#showSummary(active);
      if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'cancel';
      if (answer.value === 'send') return 'send';
      active = answer.value;
      const before = this.#values;
      if ((await this.#open(active)) === 'cancel') return 'cancel';
      const after = this.#values;
      if ([...before].some(([key, value]) => after.get(key) !== value)) {
        this.#previous = new Map(
          [...before].filter(
            ([key, value]) =>
              key !== active && key !== 'images' && key !== 'remix' && after.get(key) !== value,
          ),
        );
      }
    }
  }

  async #showSummary(active: RowKey): Promise<Answer<RowKey>> {
    const { inputs, catalog, commandTitles, host, language, l10n } = this.#deps;
    const { batch } = this.#start;
    const answers = this.#request.answers;
    const requests = this.#request.requests;
    const errors = requests.map(({ prompt, options }) => this.#request.error(prompt, options));
    const count = requestedVideoCount(catalog, requests);
    const actions: readonly (readonly [isOffered: boolean, key: RowKey, label: string])[] = [
      [answers.resolved.parameters.some(isHidden), 'more', l10n.t('More Options…')],
      [true, 'save', commandTitles.button('nebulaVideo.savePreset')],
      [this.#imageCount > 0, 'preview', this.#previewLabel],
    ];
    const warning = validatePrompt(this.#request.prompt, answers.model.family.maxPromptLength, undefined, {
      l10n,
      language,
    });
    return showSummary({
      ...{ inputs, active, l10n },
      title: this.#title,
      canGoBack: !batch?.hasPrompts,
      sendLabel: batch ? l10n.t('Generate {0} Videos', count) : commandTitles.plain('nebulaVideo.generate'),
      host: host() ?? '',
      error: this.#summarize(errors),
      hint: batch?.hasPrompts
        ? ''
        : [
            quotePrompt(this.#request.prompt),
            ...(warning?.severity === 'warning' ? [`$(warning) ${warning.message}`] : []),
          ].join('  '),
      rows: this.#rows(answers),
      actions: actions.filter(([isOffered]) => isOffered).map(([, key, label]) => [key, label]),
      requests: batch
        ? requests.map((request, index) => this.#line(request, index, errors[index], answers))
        : [],
    });
  }

  /** One request of a batch. Without a value, the item can only be read. */
  #line(request: VideoRequest, index: number, error: string | undefined, answers: Answers) {
    const { l10n, language } = this.#deps;
    const { label, detail = '' } = this.#start.batch?.describe(request, answers) ?? { label: '' };
    const { model } = answers;
    const long = validatePrompt(request.prompt, model.family.maxPromptLength, error, { l10n, language });
    const note = this.#request.images?.noteOn({ model, options: request.options ?? {} });
    const details = [
      ...(long && long.severity !== 'info' ? [`$(${long.severity}) ${long.message}`] : []),
      ...(detail === '' ? [] : [escapeQuickPickText(detail)]),
      // Said once if it's the same for all.
      ...(note !== undefined && note !== this.#request.images?.noteOn(this.#request.target) ? [note] : []),
    ];
    return {
      label: `${index + 1}. ${escapeQuickPickText(label)}`,
      ...(details.length === 0 ? {} : { detail: details.join('  ') }),
    };
  }

  #summarize(errors: readonly (string | undefined)[]): string | undefined {
    const { l10n } = this.#deps;
    const found = errors.filter((error) => error !== undefined);
    if (found.length === 0) return undefined;
    return errors.length === 1
      ? found[0]
      : l10n.t('{0} of {1} requests have errors.', found.length, errors.length);
  }

  #rows(answers: Answers): readonly SummaryRow[] {
    const { warningFor, l10n } = this.#deps;
    const { model, resolved } = answers;
    const { batch } = this.#start;
    const batchRow = batch?.row(answers);
    const varied = batch?.variedOption(answers);
    const warning = warningFor(model.id);
    const row = (key: RowKey, label: string, value: string, detail?: string): SummaryRow => ({
      ...{ key, label, value, detail },
      previous: this.#previous.get(key),
    });
    return [
      ...(batchRow ? [row('batch', batchRow.label, batchRow.value)] : []),
      row('model', l10n.t('Model'), modelLabels(model).join(' · '), warning && `$(warning) ${warning}`),
      ...resolved.parameters
        .filter((parameter) => hasRow(parameter) && parameter.name !== varied)
        .map((parameter) =>
          row(keyOf(parameter), parameter.label(l10n), shownValue(parameter, resolved, l10n)),
        ),
      ...sourceRows(this.#request, l10n).map(({ key, label, value, detail }) =>
        row(key, label, value, detail),
      ),
    ];
  }

  /** The values of all rows, to tell what a choice changed. */
  get #values(): ReadonlyMap<RowKey, string> {
    return new Map(this.#rows(this.#request.answers).map(({ key, value }) => [key, value]));
  }

  /** Opens the pick or input of a row or button. */
  async #open(key: RowKey): Promise<'back' | 'cancel'> {
    switch (key) {
      case 'model':
        return this.#changeModel();
      case 'images':
        return changeImages(this.#sources);
      case 'remix':
        return changeRemixSource(this.#sources);
      case 'batch':
        return (await this.#start.batch?.change(this.#request.answers, this.#title)) ?? 'back';
      case 'more':
        return this.#changeHiddenOptions();
      case 'preview':
        return this.#preview();
      case 'preset':
        return this.#startFromPreset();
      case 'save':
        return this.#savePreset();
      case 'send':
        return 'back';
      default: {
        const parameter = this.#request.resolved.parameters.find((one) => keyOf(one) === key);
        return parameter ? this.#changeOption(parameter) : 'back';
      }
    }
  }

  async #changeModel(): Promise<'back' | 'cancel'> {
    const answer = await pickModel(this.#deps, {
      title: this.#title,
      models: this.#request.models,
      mode: this.#request.mode,
      current: this.#request.model?.id,
      last: this.#deps.memory.last().model,
    });
    if (answer.kind !== 'value') return answer.kind === 'cancel' ? 'cancel' : 'back';
    this.#request.setModel(answer.value);
    return 'back';
  }

  async #changeOption(parameter: Parameter): Promise<'back' | 'cancel'> {
    const { inputs, l10n } = this.#deps;
    const { name } = parameter;
    const current = this.#request.resolved.options;
    const errors = this.#request.errors(this.#request.prompt, current);
    const answer = await pickOption({
      ...{ inputs, parameter, l10n },
      title: this.#title,
      value: current[name],
      // Errors that the request has anyway must not limit the choice.
      refuse: (value) => this.#request.errorsWith(name, value).find((error) => !errors.includes(error)),
      last: parseOptionValue(parameter, this.#request.lastOptions[name]),
    });
    if (answer.kind !== 'value') return answer.kind === 'cancel' ? 'cancel' : 'back';
    this.#request.setOption(name, answer.value);
    return 'back';
  }

  async #changeHiddenOptions(): Promise<'back' | 'cancel'> {
    const { inputs, l10n } = this.#deps;
    let active: string | undefined;
    for (;;) {
      const resolved = this.#request.resolved;
      const answer = await pickHiddenOption({ inputs, l10n, title: this.#title }, resolved, active);
      if (answer.kind !== 'value') return answer.kind === 'cancel' ? 'cancel' : 'back';
      active = answer.value;
      const parameter = resolved.parameters.find(({ name }) => name === active);
      if (parameter && (await this.#changeOption(parameter)) === 'cancel') return 'cancel';
    }
  }

  async #preview(): Promise<'back' | 'cancel'> {
    const end = await this.#request.images?.preview(
      this.#title,
      this.#request.target,
      this.#request.sources.images,
    );
    return end === 'cancel' ? 'cancel' : 'back';
  }

  async #savePreset(): Promise<'back'> {
    const { request } = this.#request.answers;
    // A list has no prompt that all of its requests share.
    await this.#deps.presets.save(this.#start.batch?.hasPrompts ? { ...request, prompt: '' } : request);
    return 'back';
  }

  /** A request that comes with a prompt, a model or a remix source starts from that. */
  get #canStartFromPreset(): boolean {
    const { prompt, model, remixOf } = this.#start.request ?? {};
    return prompt === undefined && model === undefined && remixOf === undefined;
  }

  async #startFromPreset(): Promise<'back' | 'cancel'> {
    const answer = await pickPreset(this.#request.mode, this.#request.preset, this.#deps);
    switch (answer.kind) {
      case 'preset':
        break;
      case 'new':
        await this.#request.beginAgain();
        return 'back';
      case 'back':
        return 'back';
      default:
        return 'cancel';
    }
    const { model: id } = answer.preset;
    let model = this.#request.modelOf(id);
    if (!model) {
      const picked = await pickFamily(id, this.#title, this.#request.mode, this.#deps);
      if (picked.kind !== 'value') return picked.kind === 'cancel' ? 'cancel' : this.#startFromPreset();
      model = picked.value;
    }
    this.#request.usePreset(answer.preset, model);
    return 'back';
  }
}

const keyOf = ({ role, name }: Parameter): RowKey => `option:${role ?? name}`;
