import { z } from 'zod';
import { modelForbidden, type Account } from '../accounts';
import type { Exchange, GatewayState } from '../exchange';
import { findFamily } from '../families/families';
import type { Accepted, Family } from '../families/family';
import { PretendTask } from '../pretendTask';
import { errorE2, json, type GatewayResponse } from '../gatewayResponse';
import { nebulaPricePerSecond } from '../money/prices';
import { withBilling } from './billingFields';
import { noChannel } from './noChannel';
import { createTaskView } from './view';

const anyObject = z.record(z.string(), z.unknown());

/** `POST /v1/video/generations` (API reference, section 4). */
export async function submit(exchange: Exchange, account: Account): Promise<GatewayResponse> {
  const { state } = exchange;
  const body = parseBody(exchange);
  if ('refusal' in body) return body.refusal;
  const model = body.value['model'] ?? '';
  if (typeof model !== 'string') {
    return errorE2(
      400,
      'invalid_request',
      'json: cannot unmarshal value into Go struct field TaskSubmitReq.model',
    );
  }
  if (model === '') return errorE2(400, 'missing_model', 'model field is required');
  if (account.models !== undefined && !account.models.includes(model))
    return modelForbidden(state.dialect, model, exchange.requestId);
  const family = state.models.includes(model) ? findFamily(model) : undefined;
  if (family === undefined) return noChannel(state, account.group, model, exchange.requestId);

  const request = {
    model,
    body: body.value,
    findTask: (id: string) => state.tasks.visibleTo(account.user, id)?.at(state.clock.now()),
  };
  const accepted = await family.accept(request);
  if ('refusal' in accepted) return accepted.refusal;
  // Checked before the vendor is called, so nothing is charged (API reference 10.4).
  if (account.error === 'balanceTooLow' || isBalanceTooLow(state, account, accepted, model))
    return errorE2(403, 'quota_not_enough', 'user quota is not enough');

  const task = createTask(state, family, model, account, accepted);
  exchange.task = task;
  exchange.record.taskId = task.id;
  const view = createTaskView(state, task);
  return json(200, withBilling(state, view, family.submitResponse(view, state.shapes)));
}

function parseBody({
  request,
  body,
}: Exchange): { value: Record<string, unknown> } | { refusal: GatewayResponse } {
  const type = request.headers['content-type'] ?? '';
  if (/^multipart\/form-data/i.test(type)) {
    return { refusal: errorE2(400, 'invalid_multipart_form', 'this pretend gateway takes JSON') };
  }
  // Other types aren't read at all, so the model seems to be missing.
  if (!/^application\/json\s*(;|$)/i.test(type)) return { value: {} };
  try {
    return { value: anyObject.parse(JSON.parse(body)) };
  } catch {
    return { refusal: errorE2(400, 'invalid_json', 'the request body is not a JSON object') };
  }
}

/**
 * Sora needs its full price. Other models need a flat 0.10 US dollars, so they can cost more than the
 * balance.
 */
function isBalanceTooLow(
  { ledger, site }: GatewayState,
  account: Account,
  { videos: [video] }: Accepted,
  model: string,
): boolean {
  if (video === undefined) return false;
  const price =
    nebulaPricePerSecond(model, { pixels: video.width * video.height, hasSound: video.audio }) ?? 0;
  const usd = model.startsWith('sora-') ? price * video.seconds * site.groupRatio : 0.1;
  return ledger.getQuota(account) < usd * site.quotaPerUnit;
}

function createTask(
  state: GatewayState,
  family: Family,
  model: string,
  account: Account,
  { prompt, videos, details, imageUse }: Accepted,
): PretendTask {
  const specs = videos.map((video) => ({ ...video, faststart: state.faststart }));
  const task = new PretendTask({
    id: family.newTaskId((length) => state.random.hex(length)),
    family: family.name,
    model,
    prompt,
    user: account.user,
    account,
    createdAt: state.clock.now(),
    plan: state.plan,
    specs,
    // Encode now, so that the video is ready long before the task's planned end.
    videos: Promise.all(specs.map((spec) => state.videos.generate(spec))),
    details,
    imageUse,
  });
  state.tasks.add(task);
  return task;
}
