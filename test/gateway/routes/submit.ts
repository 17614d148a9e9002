import { z } from 'zod';
import { modelForbidden, gatewayRefusal, type Account } from '../accounts';
import type { Exchange, GatewayState } from '../exchange';
import { familyOf } from '../families/families';
import type { Accepted, Family } from '../families/family';
import { PretendTask } from '../pretendTask';
import { errorE2, json, type Reply } from '../reply';
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
    return modelForbidden(model, exchange.requestId);
  const family = state.models.includes(model) ? familyOf(model) : undefined;
  if (family === undefined) return noChannel(account.group, model, exchange.requestId);

  const request = {
    model,
    body: body.value,
    findTask: (id: string) => state.tasks.visibleTo(account.user, id)?.at(state.clock.now()),
  };
  const accepted = await family.accept(request);
  if ('refusal' in accepted) return accepted.refusal;
  // Looked at before the vendor is asked: nothing is charged (API reference 10.4).
  if (account.trouble === 'balanceTooLow')
    return errorE2(403, 'quota_not_enough', 'user quota is not enough');

  const task = createTask(state, family, model, account.user, accepted);
  exchange.task = task;
  exchange.record.taskId = task.id;
  return json(200, family.submitReply(viewOf(state, task), state.shapes));
}

/** "No channel serves this model" (API reference 10.4). */
export const noChannel = (group: string, model: string, requestId: string): Reply =>
  gatewayRefusal(503, `当前分组 ${group} 下对于模型 ${model} 无可用渠道`, requestId);

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

function createTask(
  state: GatewayState,
  family: Family,
  model: string,
  user: string,
  { prompt, videos, details, imageUse }: Accepted,
): PretendTask {
  const specs = videos.map((video) => ({ ...video, faststart: state.faststart }));
  const task = new PretendTask({
    id: family.newTaskId((length) => state.random.hex(length)),
    family: family.name,
    model,
    prompt,
    user,
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
