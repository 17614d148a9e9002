// @ts-check
// Preloaded into what the set-up starts. Each of these is a process group of its own, so whoever ends the set-up
// the hard way would leave it behind: it ends itself and its group instead.
import { whenOrphaned } from './parentWatch.mjs';

whenOrphaned(() => process.kill(0, 'SIGTERM'));
