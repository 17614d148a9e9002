import { untranslatedL10n } from '../../src/core/common/l10n';
import { looksLikeKey } from '../../src/core/gateway/redaction';
import type { WizardDependencies } from '../../src/editor/generate/wizard/wizardTypes';
import { WizardState } from '../../src/editor/generate/wizard/wizardState';
import { catalog } from './catalog';
import { commandTitles } from './commandTitles';
import { FakeMemento } from './fakeMemento';
import { FakeQuickInputs } from './fakeQuickInputs';

const ignore = () => undefined;
const done = () => Promise.resolve();
const quietLog = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

/** A wizard state that is kept in memory. */
export function fakeWizardState(workspace = new FakeMemento(), global = new FakeMemento()): WizardState {
  return new WizardState({ workspace, global, looksLikeKey, log: quietLog });
}

/** Dependencies of the wizard that do nothing, except for those given. */
export function fakeWizardDependencies(replaced: Partial<WizardDependencies> = {}): WizardDependencies {
  return {
    inputs: new FakeQuickInputs(),
    memory: fakeWizardState(),
    catalog,
    models: catalog.listedModels,
    warningFor: ignore,
    remember: done,
    host: () => 'gateway.example',
    openEditor: done,
    readClipboard: () => Promise.resolve(''),
    look: () => Promise.reject(new Error('there are no images')),
    pickImages: () => Promise.resolve(undefined),
    pickRemixSource: () => Promise.resolve(undefined),
    presets: { read: () => ({ presets: [], invalid: [] }), save: done, remove: done, edit: ignore },
    ...{ commandTitles, looksLikeKey },
    language: 'en',
    l10n: untranslatedL10n,
    ...replaced,
  };
}
