/** No address at all, as dotted text. */
export const NO_ADDRESS = '0.0.0.0';
const NETMASK = '255.255.255.0';

/** The IPv4 addresses of the station, as dotted text. */
export interface Addresses {
  own: string;
  netmask: string;
  gateway: string;
  dns1: string;
  dns2: string;
}

export const NO_ADDRESSES: Addresses = {
  own: NO_ADDRESS,
  netmask: NO_ADDRESS,
  gateway: NO_ADDRESS,
  dns1: NO_ADDRESS,
  dns2: NO_ADDRESS,
};

/** What the simulated DHCP server hands out with an address: the first host of its network is router and DNS server. */
export function leasedAddresses(own: string): Addresses {
  const router = own.replace(/[0-9]+$/, '1');
  return { own, netmask: NETMASK, gateway: router, dns1: router, dns2: NO_ADDRESS };
}
