import type { RegistrationAnswer } from '../../azure/registration.ts';
import { AppError } from '../../errors.ts';

/** What DPS has decided for good, as the error that ends the session. */
export function refusal(
  answer: Extract<RegistrationAnswer, { kind: 'failed' | 'disabled' | 'profile' | 'refused' }>,
  deviceId: string,
  byGateway: boolean,
): AppError {
  switch (answer.kind) {
    case 'disabled':
      return new AppError(
        'E_DPS_DISABLED',
        `The enrollment of "${deviceId}" is disabled`,
        'Enable it in the portal, under Enrollments or Devices.',
      );
    case 'failed':
      return new AppError(
        'E_DPS_FAILED',
        `DPS could not assign "${deviceId}" to a hub: ${numbered(answer.errorCode)}${answer.message}`,
        'Check the enrollment and its allocation policy in the portal.',
      );
    case 'profile':
      return new AppError(
        'E_DPS_PROFILE',
        `DPS assigned a hub with the connection profile "${answer.profile}", which this module cannot use`,
        'The module speaks MQTT 3.1.1 only; link a hub with the classic profile to this DPS.',
      );
    case 'refused':
      return new AppError(
        'E_DPS_REFUSED',
        `DPS refused "${deviceId}" with status ${answer.status}: ${numbered(answer.errorCode)}${answer.message}`,
        byGateway
          ? "Check the ID scope, and that the enrollment has the gateway's certificate or key."
          : 'Check the ID scope, that the device id is the common name of the certificate, and that it is enrolled.',
        undefined,
        { byGateway },
      );
  }
}

function numbered(errorCode: number | null): string {
  return errorCode === null ? '' : `${errorCode} `;
}
