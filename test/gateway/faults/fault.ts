import { z } from 'zod';
import type { Answer, Exchange, Handler } from '../exchange';

/** Routes a fault can strike. */
export const faultRoutes = ['submit', 'query', 'download', 'content', 'models', 'result'] as const;
export type FaultRoute = (typeof faultRoutes)[number];

export const api: readonly FaultRoute[] = ['submit', 'query', 'download', 'content', 'models'];
export const everywhere: readonly FaultRoute[] = faultRoutes;

/** What a fault does to one request: it may answer by itself, or let the route answer and change that. */
export type Strike = (exchange: Exchange, next: Handler) => Promise<Answer>;

/** A row of the fault table. */
export interface Fault {
  readonly routes: readonly FaultRoute[];
  /** Which part of the API reference it stands for. */
  readonly reference: string;
  readonly about: string;
  /** Strikes before the request's body is read. */
  readonly early: boolean;
  /** Checks the arguments (throws on any it does not know) and gives the deed. */
  prepare(args: unknown): Strike;
}

interface FaultOf<Shape extends z.ZodRawShape> {
  readonly routes: readonly FaultRoute[];
  readonly reference: string;
  readonly about: string;
  readonly early?: boolean;
  readonly args: Shape;
  strike(exchange: Exchange, next: Handler, args: z.infer<z.ZodObject<Shape>>): Answer | Promise<Answer>;
}

/** Makes a row: the arguments are checked once, when the fault is set. */
export function fault<Shape extends z.ZodRawShape>(row: FaultOf<Shape>): Fault {
  return {
    routes: row.routes,
    reference: row.reference,
    about: row.about,
    early: row.early ?? false,
    prepare: (args) => {
      const checked = z.strictObject(row.args).parse(args ?? {}) as z.infer<z.ZodObject<Shape>>;
      return async (exchange, next) => row.strike(exchange, next, checked);
    },
  };
}
