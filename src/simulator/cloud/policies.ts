import type { CloudContext } from './context.ts';
import { KEPT, keep, keptBy } from './kept.ts';
import { newSymmetricKey, readSymmetricKey, type SymmetricKey } from './symmetric-key.ts';

/** What a shared access policy allows, by Azure's names: of the hub, and of DPS. */
export type Permission =
  | 'RegistryRead'
  | 'RegistryWrite'
  | 'ServiceConnect'
  | 'DeviceConnect'
  | 'ServiceConfig'
  | 'EnrollmentRead'
  | 'EnrollmentWrite'
  | 'RegistrationStatusRead'
  | 'RegistrationStatusWrite';

/** The policies that Azure makes with every hub, and with every DPS. */
const PERMISSIONS = {
  iothubowner: ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect'],
  service: ['ServiceConnect'],
  device: ['DeviceConnect'],
  registryRead: ['RegistryRead'],
  registryReadWrite: ['RegistryRead', 'RegistryWrite'],
  provisioningserviceowner: [
    'ServiceConfig',
    'EnrollmentRead',
    'EnrollmentWrite',
    'RegistrationStatusRead',
    'RegistrationStatusWrite',
  ],
} as const satisfies Record<string, readonly Permission[]>;

export type PolicyName = keyof typeof PERMISSIONS;
export const POLICY_NAMES = Object.keys(PERMISSIONS) as PolicyName[];

export interface Policy extends SymmetricKey {
  name: PolicyName;
  permissions: readonly Permission[];
}

const isPolicyName = (name: string): name is PolicyName => Object.hasOwn(PERMISSIONS, name);

/** The shared access policies of hub and DPS, with their keys, which are kept. */
export class Policies {
  readonly #keys: Map<string, SymmetricKey>;
  readonly #context: CloudContext;
  /** The keys that are not kept yet. */
  readonly #made: PolicyName[] = [];

  constructor(context: CloudContext) {
    this.#context = context;
    this.#keys = keptBy(context.store.entries, KEPT.policy, readSymmetricKey);
    for (const name of POLICY_NAMES.filter((each) => !this.#keys.has(each))) {
      this.#keys.set(name, newSymmetricKey());
      this.#made.push(name);
    }
  }

  /** Writes down the keys that are new. @returns whose they are @throws AzureError 500001 when they could not be */
  async keep(): Promise<PolicyName[]> {
    const made = this.#made.splice(0);
    await Promise.all(made.map((name) => keep(this.#context, KEPT.policy + name, { ...this.get(name) })));
    return made;
  }

  get(name: PolicyName): SymmetricKey {
    const key = this.#keys.get(name);
    if (!key) throw new Error(`the policy ${name} has no key`);
    return key;
  }

  find(name: string): Policy | undefined {
    return isPolicyName(name) ? { name, permissions: PERMISSIONS[name], ...this.get(name) } : undefined;
  }
}
