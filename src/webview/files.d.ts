/** Styles that the bundler writes next to the page's script. */
declare module '*.css';
