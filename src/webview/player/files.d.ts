/** Small files that the bundler puts into the page's script as bytes. */
declare module '*.m4a' {
  const bytes: Uint8Array;
  export default bytes;
}
