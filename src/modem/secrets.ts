import { SECRET_PARAMETER } from './anycloud/secrets.ts';

/** What comes before a secret in a command or an answer of any family: the rest of the line is the secret. */
export const SECRET_PARAMETERS: readonly RegExp[] = [SECRET_PARAMETER];
