import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { defaultSite, dialects, quotaDisplays } from './gatewayOptions';
import { startPretendGateway, type GatewayOptions } from './pretendGateway';

const usage = `Usage: npm run gateway -- [--port N] [--dialect NAME] [--seconds N] [--key sk-...] [--prefix /path]
  --port N      port of the API (default: any free one)
  --dialect X   whose API it speaks: ${dialects.join(' or ')} (default nebula)
  --balance N   what the account has, in US dollars (default 1000)
  --display X   newapi: unit of its amounts: ${quotaDisplays.join(', ')} (default USD)
  --seconds N   how long a task takes, in seconds (default 6)
  --key sk-...  the key to accept (default: a new one)
  --prefix /p   path below which the API lives`;

const POINTS_PER_DOLLAR = defaultSite.quotaPerUnit;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    dialect: { type: 'string', default: 'nebula' },
    balance: { type: 'string', default: '1000' },
    display: { type: 'string', default: 'USD' },
    seconds: { type: 'string', default: '6' },
    key: { type: 'string' },
    prefix: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function parseChoice<Name extends string>(names: readonly Name[], value: string, option: string): Name {
  const found = names.find((name) => name === value);
  if (found === undefined) throw new Error(`${option} takes one of: ${names.join(', ')}.\n${usage}`);
  return found;
}

/** The task's time is divided so that a demo shows every state: unknown, queued, progress, success. */
function createOptions(port: number, seconds: number, balance: number): GatewayOptions {
  const ms = seconds * 1_000;
  return {
    port,
    dialect: parseChoice(dialects, values.dialect, '--dialect'),
    site: { quotaDisplay: parseChoice(quotaDisplays, values.display, '--display') },
    keys: [
      { key: values.key ?? `sk-${randomBytes(24).toString('hex')}`, quota: balance * POINTS_PER_DOLLAR },
    ],
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
  const balance = Number(values.balance);
  if (!Number.isFinite(balance)) throw new Error(`--balance takes a number.\n${usage}`);
  const gateway = await startPretendGateway(createOptions(port, seconds, balance));
  console.log(
    `Pretend gateway (${values.dialect}): ${gateway.baseUrl}  key ${gateway.key}  control ${gateway.controlUrl}/__control`,
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
