/** A subset of the public failure kinds. */
type ErrorKind =
  | 'moderation'
  | 'parameter'
  | 'image'
  | 'quota'
  | 'key'
  | 'permission'
  | 'modelGone'
  | 'rateLimit'
  | 'upstream'
  | 'network'
  | 'proxy';

/** An error as reported by the gateway, a result host or a proxy. */
export interface ErrorInfo {
  /** HTTP status; 0 if no response arrived. */
  readonly status: number;
  readonly message: string;
  readonly code?: string | undefined;
  readonly byProxy?: boolean | undefined;
}

/** Patterns over code and message, most specific first (API reference 1, 10.4; F2 in 5.3). */
const ERROR_PATTERNS: readonly (readonly [ErrorKind, RegExp])[] = [
  // About the gateway's account at its vendor, not the user's balance.
  ['upstream', /Arrearage|account is in good standing/i],
  [
    'moderation',
    /content_policy|moderation|safety|unsafe|(?<!case.?)sensitive|DataInspection|policy.?violation|violat.{0,40}polic|risk control|敏感|违规|审核/i,
  ],
  [
    'quota',
    /quota|insufficient(?!.{0,3}(permission|privilege|scope))|balance.{0,20}(not enough|too low)|额度|余额|billing/i,
  ],
  [
    'modelGone',
    /无可用渠道|no available channel|no_valid_channel|no longer available|ModelNotOpen|model.{0,60}not.(found|exist)|invalid_api_platform/i,
  ],
  ['image', /InvalidParameter\.Image|image.{0,30}(format|size|invalid|unsupported)|unsupported image/i],
  ['rateLimit', /rate.?limit|throttl|饱和|too many requests/i],
  ['key', /invalid_api_key|InvalidApiKey|无效的令牌|未提供令牌|令牌已过期|令牌状态不可用/i],
  [
    'parameter',
    /InvalidParameter|invalid_parameter|InvalidArgument|value_error|at (most|least) \d+ characters/i,
  ],
];

/** Codes by which the gateway and its vendors refuse a request (API reference 1, 10.4). */
const REFUSAL_CODE =
  /^(content_policy_violation|moderation_blocked|CreationPolicyViolation|(Input|Output)?(Text|Image|Video|Audio)?SensitiveContentDetected(\.\w+)?|DataInspectionFailed|InvalidParameter(\.\w+)*|invalid_parameter|InvalidArgument|invalid_prompt|bad_prompt|value_error(\.\w+)*|quota_not_enough|insufficient_(user_)?quota|InsufficientQuota|invalid_api_key|InvalidApiKey|ModelNotOpen|model_not_found|invalid_api_platform|1026|1027|1102)$/i;
/** Messages without a code by which the gateway refuses a request (API reference 10.4). */
const REFUSAL_SENTENCE =
  /^(用户额度不足|预扣费额度失败|该令牌额度已用尽|无效的令牌|未提供令牌|该令牌已过期|该令牌状态不可用)/;

/**
 * Returns true if an error has a documented code or message. For any other text, only the status proves a refusal:
 * "upstream billing service timed out" isn't about the user's balance.
 */
export function isDocumentedRefusal({ code = '', message }: Pick<ErrorInfo, 'code' | 'message'>): boolean {
  return REFUSAL_CODE.test(code) || REFUSAL_SENTENCE.test(message);
}

/** Classifies an error by what the user can do about it. */
export function classifyError({ status, message, code, byProxy }: ErrorInfo): ErrorKind {
  if (byProxy === true) return 'proxy';
  const text = `${code ?? ''} ${message}`;
  const kind = ERROR_PATTERNS.find(([, pattern]) => pattern.test(text))?.[0];
  // Rate limits mention quotas too, mostly the provider's. An empty account is 401 to 403 (10.4).
  if (status === 429 && kind === 'quota') return 'rateLimit';
  if (kind) return kind;
  if (status === 401) return 'key';
  if (status === 402) return 'quota';
  if (status === 403) return 'permission';
  if (status === 429) return 'rateLimit';
  if (status >= 500) return 'upstream';
  if (status >= 400) return 'parameter';
  return status === 0 ? 'network' : 'upstream';
}
