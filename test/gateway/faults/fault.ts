import { z } from 'zod';
import type { MaybeResponse, Exchange, Handler } from '../exchange';

/** Routes that faults can affect. */
export const faultRoutes = ['submit', 'query', 'download', 'content', 'models', 'result'] as const;
export type FaultRoute = (typeof faultRoutes)[number];

export const api: readonly FaultRoute[] = ['submit', 'query', 'download', 'content', 'models'];
export const everywhere: readonly FaultRoute[] = faultRoutes;

/** Injects the fault into one request: responds itself, or calls the route and changes its response. */
export type InjectFault = (exchange: Exchange, next: Handler) => Promise<MaybeResponse>;

/** A row of the fault table. */
export interface Fault {
  readonly routes: readonly FaultRoute[];
  /** The part of the API reference that it simulates. */
  readonly reference: string;
  readonly description: string;
  /** True if it's injected before the request's body is read. */
  readonly isEarly: boolean;
  /**
   * Validates the arguments and returns the function that injects the fault. Throws if an argument is
   * unknown.
   */
  prepare(args: unknown): InjectFault;
}

interface FaultRow<Shape extends z.ZodRawShape> {
  readonly routes: readonly FaultRoute[];
  readonly reference: string;
  readonly description: string;
  readonly isEarly?: boolean;
  readonly args: Shape;
  inject(
    exchange: Exchange,
    next: Handler,
    args: z.infer<z.ZodObject<Shape>>,
  ): MaybeResponse | Promise<MaybeResponse>;
}

/** Creates a row. Arguments are validated once, when the fault is set. */
export function fault<Shape extends z.ZodRawShape>(row: FaultRow<Shape>): Fault {
  return {
    routes: row.routes,
    reference: row.reference,
    description: row.description,
    isEarly: row.isEarly ?? false,
    prepare: (args) => {
      const checked = z.strictObject(row.args).parse(args ?? {}) as z.infer<z.ZodObject<Shape>>;
      return async (exchange, next) => row.inject(exchange, next, checked);
    },
  };
}
