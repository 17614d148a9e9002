import type { Account } from '../accounts';
import type { Exchange } from '../exchange';
import { familyOf } from '../families/families';
import { endpointTypes } from '../newapi/channels';
import { json, type Reply } from '../reply';

/** The service also sells models that make no videos: clients have to filter (API reference 6.1). */
export const OTHER_MODELS = ['gpt-4o-mini', 'gpt-image-1', 'text-embedding-3-small'];

/** `GET /v1/models` (API reference 6.1): what this key may use. */
export function models({ state }: Exchange, account: Account): Reply {
  const offered = [...OTHER_MODELS, ...state.models];
  const isNamed = state.dialect === 'newapi' || state.shapes.endpointTypes;
  const data = offered
    .filter((id) => account.models?.includes(id) ?? true)
    .map((id) => ({
      id,
      object: 'model',
      created: 1626777600,
      owned_by: 'custom',
      supported_endpoint_types: isNamed ? endpointTypes(familyOf(id)?.name) : [],
    }));
  return json(200, { success: true, object: 'list', data });
}
