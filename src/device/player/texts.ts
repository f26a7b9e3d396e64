import type { Random } from './numbers.ts';

const HEX = '0123456789ABCDEF';
/** Longer names make messages that do not fit a module's commands. */
const LONGEST = 24;

/** What a text is told to be by its name; the first row that fits counts. */
const TEXTS: readonly { is: RegExp; text: (random: Random) => string }[] = [
  { is: /ip_?(?:v4)?_?addr|^ip(?:[A-Z_]|$)|gateway$|dnsserver/i, text: () => '192.168.1.23' },
  { is: /subnet/i, text: () => '255.255.255.0' },
  // A locally administered address: nobody's.
  { is: /mac_?(?:addr|id)?(?:es|ess)?$|bssid/i, text: (random) => `02:00:5E:${pairs(random)}` },
  {
    is: /guid|uuid/i,
    text: (random) => `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-8${hex(random, 3)}-${hex(random, 12)}`,
  },
  { is: /serial/i, text: (random) => `SN${hex(random, 6)}` },
  { is: /version|revision|firmware|(?:^|_)(?:fw|sw|hw)(?:_|$)/i, text: () => '1.2.3' },
  { is: /manufacturer|vendor/i, text: () => 'Example Devices' },
  { is: /ssid/i, text: () => 'home' },
  { is: /host/i, text: () => 'device.example' },
  { is: /url|uri/i, text: () => 'https://device.example/' },
  { is: /mail/i, text: () => 'user@device.example' },
  { is: /colou?r/i, text: () => '#336699' },
  { is: /button_?name/i, text: () => 'SW1' },
  { is: /^osname$/i, text: () => 'Linux' },
  { is: /architecture/i, text: () => 'arm' },
  { is: /status|result|response|outcome/i, text: () => 'Success' },
];

/** How often a text that has no meaning of its own changes. */
const CHANGES = 0.1;

/** A text for a field of this name. One that means nothing in particular is its name and a number that goes up. */
export function textsFor(name: string, random: Random): () => string {
  const known = TEXTS.find(({ is }) => is.test(name));
  if (known) {
    const text = known.text(random);
    return () => text;
  }
  const stem = name.slice(0, LONGEST);
  let number = 1;
  return () => {
    const text = `${stem} ${number}`;
    if (random() < CHANGES) number += 1;
    return text;
  };
}

function hex(random: Random, length: number): string {
  return Array.from({ length }, () => HEX.charAt(Math.floor(random() * HEX.length))).join('');
}

function pairs(random: Random): string {
  return [1, 2, 3].map(() => hex(random, 2)).join(':');
}
