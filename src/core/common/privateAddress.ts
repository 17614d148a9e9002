import { BlockList, isIP } from 'node:net';

/** IPv4 networks without public services (IANA IPv4 Special-Purpose Address Registry, multicast and reserved). */
const SPECIAL_IPV4 =
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 ' +
  '192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3';
/** The only IPv6 network with global unicast addresses, and the networks in it without public services (IANA). */
const GLOBAL_IPV6 = '2000::/3';
const SPECIAL_IPV6 = '2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20';

const specialAddresses = toBlockList('ipv4', SPECIAL_IPV4, toBlockList('ipv6', SPECIAL_IPV6));
const globalIpv6 = toBlockList('ipv6', GLOBAL_IPV6);

/**
 * Returns true for IP addresses at which no public service can be: those that aren't global unicast, and IPv4 addresses
 * inside IPv6 ones. Host names aren't resolved, by decision.
 * @param hostname as in `URL.hostname`
 */
export function isPrivateAddress(hostname: string): boolean {
  const text = hostname.replace(/^\[|\]$/g, '');
  const version = isIP(text);
  if (version === 6) return specialAddresses.check(text, 'ipv6') || !globalIpv6.check(text, 'ipv6');
  return version === 4 && specialAddresses.check(text);
}

function toBlockList(family: 'ipv4' | 'ipv6', networks: string, list = new BlockList()): BlockList {
  for (const network of networks.split(' ')) {
    const [address = '', length] = network.split('/');
    list.addSubnet(address, Number(length), family);
  }
  return list;
}
