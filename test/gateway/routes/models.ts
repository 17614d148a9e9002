import type { Account } from '../accounts';
import type { Exchange } from '../exchange';
import { findFamily } from '../families/families';
import { endpointTypes } from '../newapi/channels';
import { json, type GatewayResponse } from '../gatewayResponse';

/** Models that generate no videos. Clients have to filter them (API reference 6.1). */
export const OTHER_MODELS = ['gpt-4o-mini', 'gpt-image-1', 'text-embedding-3-small'];

/** `GET /v1/models` (API reference 6.1): the models that this key may use. */
export function models({ state }: Exchange, account: Account): GatewayResponse {
  const offered = [...OTHER_MODELS, ...state.models];
  const isNamed = state.dialect === 'newapi' || state.shapes.endpointTypes;
  const data = offered
    .filter((id) => account.models?.includes(id) ?? true)
    .map((id) => ({
      id,
      object: 'model',
      created: 1626777600,
      owned_by: 'custom',
      supported_endpoint_types: isNamed ? endpointTypes(findFamily(id)?.name) : [],
    }));
  return json(200, { success: true, object: 'list', data });
}
