import { SECRET_PARAMETER as ANYCLOUD } from './anycloud/secrets.ts';
import { SECRET_PARAMETER as RNWF } from './rnwf/secrets.ts';

/** What comes before a secret in a command or an answer of any family: the rest of the line is the secret. */
export const SECRET_PARAMETERS: readonly RegExp[] = [ANYCLOUD, RNWF];
