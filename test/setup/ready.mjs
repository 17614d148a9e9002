// @ts-check
// The first script of every npm command: needs nothing but Node and npm, and makes ready all the rest.
// Written in old syntax, so that an old Node can still read the sentence that sends it away.

const oldest = 20;
const major = Number(process.versions.node.split('.')[0]);

if (major < oldest) {
  console.error(
    'Nebula Video needs Node.js ' +
      String(oldest) +
      ' or newer to build and test itself; this is Node.js ' +
      process.versions.node +
      '.',
  );
  process.exitCode = 1;
} else {
  import('./commands.mjs')
    .then(function (commands) {
      return commands.runCommand(process.argv[2], process.argv.slice(3));
    })
    .then(
      function (code) {
        process.exitCode = code;
      },
      function (/** @type {unknown} */ error) {
        // Setup errors show their message. Anything else is a bug and shows its stack.
        console.error(error instanceof Error && error.name === 'SetupError' ? error.message : error);
        process.exitCode = 1;
      },
    );
}
