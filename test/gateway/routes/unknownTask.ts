import { errorE1, errorE2, type GatewayResponse } from '../gatewayResponse';

/**
 * The code responds 400 `task_not_exist`, the documentation says 404 `not_found` (API reference, section 13,
 * row 16).
 */
export const unknownTask = (status: 400 | 404): GatewayResponse =>
  status === 400
    ? errorE2(400, 'task_not_exist', 'task_not_exist')
    : errorE1(404, { message: 'the task does not exist', type: 'not_found', code: 'task_not_exist' });
