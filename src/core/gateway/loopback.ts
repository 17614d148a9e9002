import dns from 'node:dns';
import type { LookupFunction, Socket } from 'node:net';

function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && (/^(::ffff:)?127\./i.test(address) || address === '::1');
}

/** Resolves a host name to loopback addresses only, whatever DNS returns. */
export const lookupLoopback: LookupFunction = (hostname, options, callback) => {
  dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const local = error ? [] : addresses.filter(({ address }) => isLoopbackAddress(address));
    const [first] = local;
    if (first === undefined) callback(error ?? new Error(`${hostname} is not this machine`), []);
    else if (options.all === true) callback(null, local);
    else callback(null, first.address, first.family);
  });
};

/** Returns true if a connection leads directly to the URL's port on this machine. A local proxy has another port. */
export function isDirectLoopback(socket: Socket | null, url: URL): boolean {
  return isLoopbackAddress(socket?.remoteAddress) && socket?.remotePort === Number(url.port || 80);
}
