import { untranslatedL10n } from '../../src/core/common/l10n';
import type { ImageLimits } from '../../src/core/images/imageLimits';
import { Catalog } from '../../src/core/models/catalog';
import { FAMILIES } from '../../src/core/models/families';
import type { PreparedRequest } from '../../src/core/models/family';
import type { Options } from '../../src/core/models/parameter';
import * as core from '../../src/core/models/prepareRequest';

/** The built-in families, without models from the settings. */
export const catalog = new Catalog(FAMILIES);

/** As the real `prepareRequest`, with the built-in families. */
export function prepareRequest(
  input: unknown,
  l10n = untranslatedL10n,
  gatewayIdOf?: core.GatewayIdOf,
): PreparedRequest {
  return core.prepareRequest(input, catalog, l10n, gatewayIdOf);
}

/** Returns the image limits of a built-in family. */
export function limitsFor(familyId: string, options: Options = {}): ImageLimits {
  const family = catalog.family(familyId);
  if (!family) throw new Error(`there is no family ${familyId}`);
  return family.imageLimits(options);
}
