/** A number of a parameter id as it may be written: in any of the four bases (RNWF 3). */
function written(...numbers: readonly number[]): string {
  const forms = numbers.flatMap((number) => [
    `0*${number}`,
    `0[xX]0*${number.toString(16)}`,
    `0[bB]0*${number.toString(2)}`,
    `0[oO]0*${number.toString(8)}`,
  ]);
  return `(?:${forms.join('|')})`;
}

/** The Wi-Fi passphrase, and the password of an enterprise network; the MQTT password; the password of a TLS key. */
const VALUES = [
  `WSTAC[=:]\\s*${written(3, 33)}`,
  `MQTTC[=:]\\s*${written(5)}`,
  `TLSC[=:]\\s*(?:\\d+\\s*,\\s*)?${written(4)}`,
  // The contents of files, which may be private keys.
  'FSTSFR[=:]\\s*\\w+\\s*,\\s*\\w+(?:\\s*,\\s*\\d+)?(?=\\s*,\\s*["[])',
];

/** Everything behind it in a command or an answer is a secret. */
export const SECRET_PARAMETER = new RegExp(`(?:${VALUES.join('|')})\\s*,\\s*`);

/** Reads one of them, alone or with all settings. */
const SECRET_QUERY = new RegExp(
  `^AT\\S*\\+(?:WSTAC(?:=\\s*${written(3, 33)}\\s*)?|MQTTC(?:=\\s*${written(5)}\\s*)?|` +
    `TLSC(?:=\\s*\\w+\\s*(?:,\\s*${written(4)}\\s*)?)?)$`,
);

/** Whether a command, or its answer, holds one of them. */
export function holdsSecret(command: string): boolean {
  return SECRET_PARAMETER.test(command) || SECRET_QUERY.test(command) || /^AT\S*\+FSTSFR=/.test(command);
}
