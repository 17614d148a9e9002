/** Files that a package may contain. vsce adds its own two. */
const BELONGS: readonly RegExp[] = [
  /^extension\/dist\/[\w/-]+\.(js|css)$/,
  /^extension\/dist\/(\w+\.wasm\.br|NOTICES\.txt)$/,
  /^extension\/media\/[\w/-]+\.(svg|png|css)$/,
  /^extension\/l10n\/bundle\.l10n(\.[\w-]+)?\.json$/,
  /^extension\/package(\.nls(\.[\w-]+)?)?\.json$/,
  /^extension\/(readme\.md|changelog\.md|LICENSE(\.\w+)?)$/i,
  /^(extension\.vsixmanifest|\[Content_Types\]\.xml)$/,
];

/** Matches texts that look like a key: long, with both letters and digits. */
const KEY_LIKE = /\bsk-(?=[A-Za-z0-9_-]*\d)(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]{16,}/;

/**
 * Finds content that doesn't belong in a package: files that are neither run nor read, keys, and paths of the
 * build machine.
 * @param files their contents by name
 * @param roots folders whose paths must not occur
 */
export function faultsOfPackage(files: ReadonlyMap<string, Buffer>, roots: readonly string[]): string[] {
  return [...files].flatMap(([name, content]) => {
    const text = content.toString('latin1');
    return [
      ...(BELONGS.some((kind) => kind.test(name)) ? [] : [`${name} does not belong there`]),
      ...(KEY_LIKE.test(text) ? [`${name} holds what looks like a key`] : []),
      ...roots.filter((root) => text.includes(root)).map(() => `${name} names a folder of this machine`),
    ];
  });
}

/** Files that a bundle requires from its own folder: at once, or lazily with `import()`. */
export function requiredBy(code: string): readonly { readonly file: string; readonly isLazy: boolean }[] {
  return [...code.matchAll(/(.)\brequire\("\.\/([\w-]+\.js)"\)/gs)].map(([, before, file = '']) => ({
    file,
    isLazy: before === '(',
  }));
}

/** Size in bytes of a bundle with everything that is loaded with it. */
export function loadedBytes(files: ReadonlyMap<string, Buffer>, folder: string, bundle: string): number {
  const loaded = new Set([bundle]);
  let bytes = 0;
  for (const name of loaded) {
    const content = files.get(folder + name);
    if (!content) throw new Error(`${folder}${name} is missing.`);
    bytes += content.length;
    for (const { file, isLazy } of requiredBy(content.toString())) if (!isLazy) loaded.add(file);
  }
  return bytes;
}
