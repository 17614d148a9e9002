/** Styles that the bundler collects beside the page's script. */
declare module '*.css';
