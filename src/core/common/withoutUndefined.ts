type OptionalKeys<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];

/** A copy of an object without its undefined members, for types with exact optional properties. */
export function withoutUndefined<T extends object>(
  value: T,
): Omit<T, OptionalKeys<T>> & { [K in OptionalKeys<T>]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as ReturnType<
    typeof withoutUndefined<T>
  >;
}
