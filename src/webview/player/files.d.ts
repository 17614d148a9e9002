/** Small files that the bundler inlines as bytes. */
declare module '*.m4a' {
  const bytes: Uint8Array;
  export default bytes;
}
