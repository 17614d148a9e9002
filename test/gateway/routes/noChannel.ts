import { gatewayRefusal } from '../accounts';
import type { GatewayState } from '../exchange';
import type { GatewayResponse } from '../gatewayResponse';

/** "No channel serves this model" (API reference 10.4); new-api adds a code. */
export function noChannel(
  { dialect, site }: Pick<GatewayState, 'dialect' | 'site'>,
  group: string,
  model: string,
  requestId: string,
): GatewayResponse {
  if (dialect === 'nebula') {
    return gatewayRefusal(dialect, 503, `当前分组 ${group} 下对于模型 ${model} 无可用渠道`, requestId);
  }
  const message =
    site.language === 'zh'
      ? `分组 ${group} 下模型 ${model} 无可用渠道（distributor）`
      : `No available channel for model ${model} under group ${group} (distributor)`;
  return gatewayRefusal(dialect, 503, message, requestId, 'model_not_found');
}
