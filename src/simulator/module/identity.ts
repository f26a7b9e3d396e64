/** Who a module is: PEM texts, of its secure element where it has one. */
export interface ModuleIdentity {
  certificate: string;
  key: string;
  signer: string;
  root: string;
}
