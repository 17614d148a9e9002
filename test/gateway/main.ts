import { parseArgs } from 'node:util';
import { startPretendGateway, type GatewayOptions } from './pretendGateway';

const usage = `Usage: npm run gateway -- [--port N] [--seconds N] [--key sk-...] [--prefix /path]
  --port N      port of the API (default: any free one)
  --seconds N   how long a task takes, in seconds (default 6)
  --key sk-...  the key to accept (default: a new one)
  --prefix /p   path below which the API lives`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '6' },
    key: { type: 'string' },
    prefix: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** The shares of a task's time let a demo show every state: unknown, queued, progress, success. */
function optionsFrom(port: number, seconds: number): GatewayOptions {
  const ms = seconds * 1_000;
  return {
    port,
    ...(values.key === undefined ? {} : { keys: [values.key] }),
    ...(values.prefix === undefined ? {} : { pathPrefix: values.prefix }),
    render: { unknownMs: ms * 0.05, queuedMs: ms * 0.2, runningMs: ms * 0.75 },
  };
}

async function main(): Promise<void> {
  const [port, seconds] = [Number(values.port), Number(values.seconds)];
  if (values.help) {
    console.log(usage);
    return;
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535 || !Number.isFinite(seconds) || seconds < 0) {
    throw new Error(`--port and --seconds take numbers.\n${usage}`);
  }
  const gateway = await startPretendGateway(optionsFrom(port, seconds));
  console.log(
    `Pretend gateway: ${gateway.baseUrl}  key ${gateway.key}  control ${gateway.controlUrl}/__control`,
  );
  let stopped = false;
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    gateway.stop().catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
