import type { GatewaySettings } from '../../config/resolve.ts';
import type { GatewayOptions } from '../../gateway/gateway.ts';
import type { Simulation } from '../../simulator/simulation.ts';
import { readCertificates } from '../certificate-files.ts';
import { readRules } from '../module/broker-address.ts';

/** How the gateway finds the cloud, and whom it trusts. */
export type CloudSide = Pick<GatewayOptions, 'ca' | 'resolve' | 'cloudPort' | 'dpsHost' | 'allowedHosts'>;

/**
 * @param simulated the cloud of a simulation, where every name leads to
 * @throws AppError E_CONFIG when a file cannot be read, or a rule is none
 */
export function cloudSide(
  { ca, resolve, allowedHosts }: GatewaySettings,
  { dpsHost, mqttPort }: { dpsHost: string; mqttPort: number },
  cwd: string,
  simulated?: Simulation['broker'],
): CloudSide {
  const rules = readRules(resolve);
  const trusted = ca === null ? [] : readCertificates('--ca', ca, cwd).map(String);
  return {
    ca: simulated ? [...trusted, simulated.ca] : trusted,
    resolve: (name) => rules(name) ?? (name.includes(':') ? undefined : simulated),
    cloudPort: mqttPort,
    dpsHost,
    allowedHosts,
  };
}
