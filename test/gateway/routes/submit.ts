import { z } from 'zod';
import { modelForbidden, type Account } from '../accounts';
import type { Exchange, GatewayState } from '../exchange';
import { familyOf } from '../families/families';
import type { Accepted, Family } from '../families/family';
import { PretendTask } from '../pretendTask';
import { errorE2, json, type Reply } from '../reply';
import { nebulaPricePerSecond } from '../money/prices';
import { withBilling } from './billingFields';
import { noChannel } from './noChannel';
import { viewOf } from './view';

const anyObject = z.record(z.string(), z.unknown());

/** `POST /v1/video/generations` (API reference, section 4). */
export async function submit(exchange: Exchange, account: Account): Promise<Reply> {
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
  const family = state.models.includes(model) ? familyOf(model) : undefined;
  if (family === undefined) return noChannel(state, account.group, model, exchange.requestId);

  const request = {
    model,
    body: body.value,
    findTask: (id: string) => state.tasks.visibleTo(account.user, id)?.at(state.clock.now()),
  };
  const accepted = await family.accept(request);
  if ('refusal' in accepted) return accepted.refusal;
  // Looked at before the vendor is asked: nothing is charged (API reference 10.4).
  if (account.trouble === 'balanceTooLow' || isTooLittle(state, account, accepted, model))
    return errorE2(403, 'quota_not_enough', 'user quota is not enough');

  const task = createTask(state, family, model, account, accepted);
  exchange.task = task;
  exchange.record.taskId = task.id;
  const view = viewOf(state, task);
  return json(200, withBilling(state, view, family.submitReply(view, state.shapes)));
}

function parseBody({ request, body }: Exchange): { value: Record<string, unknown> } | { refusal: Reply } {
  const type = request.headers['content-type'] ?? '';
  if (/^multipart\/form-data/i.test(type)) {
    return { refusal: errorE2(400, 'invalid_multipart_form', 'this pretend gateway takes JSON') };
  }
  // Other types are not read at all, so that the model seems to be missing.
  if (!/^application\/json\s*(;|$)/i.test(type)) return { value: {} };
  try {
    return { value: anyObject.parse(JSON.parse(body)) };
  } catch {
    return { refusal: errorE2(400, 'invalid_json', 'the request body is not a JSON object') };
  }
}

/** Sora needs its whole price, everything else a flat 0.10 US dollars: it can cost more than there is. */
function isTooLittle(
  { ledger, site }: GatewayState,
  account: Account,
  { videos: [video] }: Accepted,
  model: string,
): boolean {
  if (video === undefined) return false;
  const price =
    nebulaPricePerSecond(model, { pixels: video.width * video.height, hasSound: video.audio }) ?? 0;
  const usd = model.startsWith('sora-') ? price * video.seconds * site.groupRatio : 0.1;
  return ledger.quotaOf(account) < usd * site.quotaPerUnit;
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
    // Encoding starts now, so that it is long done when the task's time is up.
    videos: Promise.all(specs.map((spec) => state.videos.make(spec))),
    details,
    imageUse,
  });
  state.tasks.add(task);
  return task;
}
