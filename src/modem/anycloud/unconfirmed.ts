/** What is known from the firmware's source and not from a board; the trap that costs everything comes first. */
export const TO_CONFIRM: readonly string[] = [
  'T4, the built-in root certificate that has expired: does this board make a TLS connection at all, or does it print ' +
    '`SSL Connection Negotiation Failed - Aborting` and `+MQTTCONN:0` over and over?',
  'The firmware: as it was sold, or built by you, and when?',
  'The socket that it is wired to, and its pins.',
  'After the reset button: how many seconds until it answers `AT`?',
  'After `+WSTALD`: does joining again need a pause of a second or two?',
  'Where it has fallen silent until a reset: the last line that was sent to it, and how long that was.',
];
