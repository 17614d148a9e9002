import type { L10n } from '../../core/common/l10n';
import type { Family } from '../../core/models/family';
import { modeOf } from '../../core/models/modes';
import { checkPromptAndOptions } from '../../core/models/options';
import type { VideoRequest } from '../../core/models/request';
import type { AppContext } from '../common/appContext';
import type { CustomModels } from '../common/customModels';
import { familyChoices } from './wizard/pickModel';

interface Dependencies extends Pick<AppContext, 'catalog' | 'dialogs' | 'l10n'> {
  readonly customModels: Pick<CustomModels, 'add'>;
}

/**
 * Ensures the request's model has a known family. Prompts the user if the setting that named it has changed since, and
 * stores the answer there.
 * @returns false if the user canceled
 */
export async function ensureModelFamily(
  request: VideoRequest,
  title: string,
  deps: Dependencies,
): Promise<boolean> {
  const { catalog, customModels, dialogs, l10n } = deps;
  const { model } = request;
  if (catalog.familyOf(model)) return true;
  const suiting = familyChoices(catalog, (family) => takes(family, request, l10n), l10n);
  const family = await dialogs.choose({
    title,
    placeholder: l10n.t("Select the model family for '{0}'", model),
    choices: suiting.length > 0 ? suiting : familyChoices(catalog, () => true, l10n),
  });
  if (!family) return false;
  await customModels.add({ id: model, family });
  return true;
}

/** Returns true if the family's models accept the request. */
function takes(family: Family, request: VideoRequest, l10n: L10n): boolean {
  const { model, prompt, options = {} } = request;
  const mode = modeOf(request);
  if (mode === undefined || !family.modes(model).includes(mode)) return false;
  return !('errors' in checkPromptAndOptions(family, { model, mode }, prompt, options, l10n));
}
