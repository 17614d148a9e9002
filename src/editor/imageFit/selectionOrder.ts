/** Those that are ticked, in the order in which that happened. */
export function selectionOrder<T>(before: readonly T[], ticked: readonly T[]): readonly T[] {
  return [
    ...before.filter((item) => ticked.includes(item)),
    ...ticked.filter((item) => !before.includes(item)),
  ];
}
