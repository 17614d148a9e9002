export interface PricedVideo {
  readonly pixels: number;
  readonly hasSound: boolean;
}

/**
 * Nebula's documented prices in US dollars per second (money-and-gateways 3.1), or undefined if a model has
 * none. Tiers differ by their number of pixels.
 */
export function nebulaPricePerSecond(model: string, { pixels, hasSound }: PricedVideo): number | undefined {
  if (model.startsWith('sora-2')) return 0.1;
  if (model.startsWith('wan')) return pixels < 600_000 ? 0.0369 : pixels < 1_500_000 ? 0.0738 : 0.1233;
  if (model === 'veo-3.0-generate-001' || /^veo-3\.\d-fast-/.test(model)) return 0.15;
  if (model.startsWith('veo-')) return hasSound ? 0.4 : 0.2;
  return undefined;
}

/** How a stock site prices a model: per second and size, or by tokens (1 = 2 US dollars per million). */
export type StockPrice =
  | { readonly kind: 'price'; readonly modelPrice: number }
  | { readonly kind: 'ratio'; readonly modelRatio: number };

const STOCK_PRICES: readonly (readonly [pattern: RegExp, price: StockPrice])[] = [
  [/^sora-2-pro$/, { kind: 'price', modelPrice: 0.3 }],
  [/^sora-2$/, { kind: 'price', modelPrice: 0.1 }],
  [/^veo-3\.\d-fast-/, { kind: 'price', modelPrice: 0.15 }],
  [/^veo-/, { kind: 'price', modelPrice: 0.4 }],
  [/^wan2\.5-/, { kind: 'price', modelPrice: 0.05 }],
  [/^wan2\.6-/, { kind: 'price', modelPrice: 0.1 }],
  [/^doubao-seedance-/, { kind: 'ratio', modelRatio: 1.25 }],
];

export function stockPrice(model: string): StockPrice | undefined {
  return STOCK_PRICES.find(([pattern]) => pattern.test(model))?.[1];
}

/** Tokens of a Seedance video, which has one frame more than its seconds need (money-and-gateways 4.3). */
export function seedanceTokens(video: { width: number; height: number; seconds: number }): number {
  return Math.round((video.width * video.height * (video.seconds * 24 + 1)) / 1_024);
}
