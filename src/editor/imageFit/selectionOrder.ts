/** @returns the selected items in the order in which they were selected. */
export function selectionOrder<T>(before: readonly T[], ticked: readonly T[]): readonly T[] {
  return [
    ...before.filter((item) => ticked.includes(item)),
    ...ticked.filter((item) => !before.includes(item)),
  ];
}
