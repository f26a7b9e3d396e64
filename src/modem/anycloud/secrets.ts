/**
 * The passphrase and the MQTT password, in a command or in the module's answer, whoever set them. Numbers may be written
 * as 3, 03 or 0x3 (AT protocol 4.2, T32), and the lines of a dump have no + (T35).
 */
export const SECRET_PARAMETER = /(?:WSTAC[=:]\s*0*(?:x0*)?3|MQTTC[=:]\s*0*(?:x0*)?5)\s*,\s*/;
/** Reads the passphrase or the password, alone or with all settings. */
const SECRET_QUERY = /^AT\+(?:WSTAC(?:=\s*0*(?:x0*)?3\s*|[?=]*)|MQTTC(?:=\s*0*(?:x0*)?5\s*|[?=]*))$/;

/** Whether a command, or its answer, holds one of them. */
export function holdsSecret(command: string): boolean {
  return SECRET_PARAMETER.test(command) || SECRET_QUERY.test(command);
}
