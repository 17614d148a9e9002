// "npm start": the demo, or one headless run.
import { interruption } from '../vscode/interruption';
import { runDemo } from './demo';
import { runHeadless } from './runHeadless';
import { parseArguments, usage, UsageError } from './usage';

async function main(): Promise<number> {
  const task = parseArguments(process.argv.slice(2), process.env);
  if (task === 'help') {
    console.log(usage);
    return 0;
  }
  const signal = interruption();
  if (task === 'demo') {
    await runDemo(signal);
    return 0;
  }
  try {
    return await runHeadless(task, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    console.error(
      task.gateway ? 'Stopped. What the gateway has accepted goes on there, and costs.' : 'Stopped.',
    );
    return 130;
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    if (error instanceof UsageError) console.error(`\n${usage}`);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
