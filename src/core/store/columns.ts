import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { parseJson } from '../common/json';

// Table columns: the name, and how a value is stored and read. Reading relies on the types that STRICT tables guarantee, and
// validates only enumerations and JSON, which may be damaged or from another version.

export interface Column<T> {
  readonly name: string;
  /** @throws if the value is invalid */
  readonly read: (value: SQLOutputValue | undefined) => T;
  readonly write: (value: T) => SQLInputValue;
}

/** The columns of a table, by the fields of its row type. */
export type Columns<Row> = { readonly [Field in keyof Row]: Column<Row[Field]> };

export type SqlRow = Readonly<Record<string, SQLOutputValue>>;

export function text(name: string): Column<string> {
  return {
    name,
    read: (value) => {
      if (typeof value !== 'string') throw new TypeError(`${name} isn't text`);
      return value;
    },
    write: (value) => value,
  };
}

export function optionalText(name: string): Column<string | undefined> {
  return {
    name,
    read: (value) => (typeof value === 'string' ? value : undefined),
    write: (value) => value ?? null,
  };
}

/** Text that is one of the given words. */
export function word<T extends string>(name: string, words: readonly T[]): Column<T> {
  return {
    name,
    read: (value) => {
      const found = words.find((other) => other === value);
      if (found === undefined) throw new TypeError(`${name} is ${String(value)}`);
      return found;
    },
    write: (value) => value,
  };
}

export function optionalEnum<T extends string>(name: string, words: readonly T[]): Column<T | undefined> {
  return {
    name,
    read: (value) => words.find((other) => other === value),
    write: (value) => value ?? null,
  };
}

/** A number; 0 if it's missing in a row of an older version. */
export function number(name: string): Column<number> {
  return {
    name,
    read: (value) => toNumber(value) ?? 0,
    write: (value) => (Number.isFinite(value) ? value : 0),
  };
}

/** An integer. Fractions, as in sidecars, are rounded, because STRICT tables refuse them. */
export function integer(name: string): Column<number> {
  return { ...number(name), write: (value) => (Number.isFinite(value) ? Math.round(value) : 0) };
}

export function optionalNumber(name: string): Column<number | undefined> {
  return { name, read: toNumber, write: (value) => (Number.isFinite(value) ? (value ?? null) : null) };
}

export function optionalInteger(name: string): Column<number | undefined> {
  return {
    name,
    read: toNumber,
    write: (value) => (value !== undefined && Number.isFinite(value) ? Math.round(value) : null),
  };
}

export function optionalFlag(name: string): Column<boolean | undefined> {
  return {
    name,
    read: (value) => (typeof value === 'number' ? value !== 0 : undefined),
    write: (value) => (value === undefined ? null : value ? 1 : 0),
  };
}

/**
 * @param parse returns undefined for invalid values
 * @param fallback replaces invalid values; without it, reading them throws
 */
export function json<T>(name: string, parse: (value: unknown) => T | undefined, fallback?: T): Column<T> {
  return {
    name,
    read: (value) => {
      const parsed = (typeof value === 'string' ? parse(parseJson(value)) : undefined) ?? fallback;
      if (parsed === undefined) throw new TypeError(`${name} can't be read`);
      return parsed;
    },
    write: (value) => JSON.stringify(value),
  };
}

export function optionalJson<T>(
  name: string,
  parse: (value: unknown) => T | undefined,
): Column<T | undefined> {
  return {
    name,
    read: (value) => (typeof value === 'string' ? parse(parseJson(value)) : undefined),
    write: (value) => (value === undefined ? null : JSON.stringify(value)),
  };
}

/** Reads a row; fields without a value are left out. @throws if a value is invalid */
export function readRow<Row>(columns: Columns<Row>, row: SqlRow): Row {
  const result: Partial<Row> = {};
  for (const field in columns) {
    const column = columns[field];
    const value = column.read(row[column.name]);
    if (value !== undefined) result[field] = value;
  }
  return result as Row;
}

/** Converts a row, or a patch in which null clears a field, to column values. */
export function toColumns<Row>(
  columns: Columns<Row>,
  values: { readonly [Field in keyof Row]?: Row[Field] | null },
): Record<string, SQLInputValue> {
  const result: Record<string, SQLInputValue> = {};
  for (const field in columns) {
    const value = values[field];
    if (value === undefined) continue;
    const column = columns[field];
    result[column.name] = value === null ? null : column.write(value);
  }
  return result;
}

function toNumber(value: SQLOutputValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
