/** Kinds of gateways whose rules about charges are known, and `unknown` for every other. */
export const ORIGIN_KINDS = ['nebula', 'newapi', 'openrouter', 'unknown'] as const;

/**
 * What runs at an origin: Nebula's own gateway, a current new-api as its authors ship it, OpenRouter, or something
 * else, such as an older relative of new-api.
 */
export type OriginKind = (typeof ORIGIN_KINDS)[number];

export function isOriginKind(value: unknown): value is OriginKind {
  return ORIGIN_KINDS.some((kind) => kind === value);
}
