/** Kinds of gateways whose rules about charges are known, and `unknown` for all others. */
export const ORIGIN_KINDS = ['nebula', 'newapi', 'openrouter', 'unknown'] as const;

/**
 * Kind of gateway at an origin: Nebula's own, an unmodified current new-api, OpenRouter, or another one, such as an older
 * relative of new-api.
 */
export type OriginKind = (typeof ORIGIN_KINDS)[number];

export function isOriginKind(value: unknown): value is OriginKind {
  return ORIGIN_KINDS.some((kind) => kind === value);
}
