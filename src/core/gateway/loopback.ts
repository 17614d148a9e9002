import dns from 'node:dns';
import type { LookupFunction, Socket } from 'node:net';

/** Whether an address as a socket gives it is this machine's own. */
function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && (/^(::ffff:)?127\./i.test(address) || address === '::1');
}

/** Resolves a name to addresses of this machine only, whatever a name server answers. */
export const lookupLoopback: LookupFunction = (hostname, options, callback) => {
  dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const local = error ? [] : addresses.filter(({ address }) => isLoopbackAddress(address));
    const [first] = local;
    if (first === undefined) callback(error ?? new Error(`${hostname} is not this machine`), []);
    else if (options.all === true) callback(null, local);
    else callback(null, first.address, first.family);
  });
};

/** Whether a connection ends where the URL says, on this machine: a proxy here listens at another port. */
export function isDirectLoopback(socket: Socket | null, url: URL): boolean {
  return isLoopbackAddress(socket?.remoteAddress) && socket?.remotePort === Number(url.port || 80);
}
