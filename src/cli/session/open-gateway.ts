import type { Settings } from '../../config/resolve.ts';
import type { Report } from '../../events.ts';
import type { CloudGateway } from '../../session/cloud-gateway.ts';
import type { Link } from '../open-link.ts';
import type { ProcessEnvironment } from '../process-environment.ts';

/** What the board of a session reaches the cloud by, and how to end it where it is the session's own. */
export type OpenGateway = CloudGateway & { close?(): Promise<void> };

/**
 * What the settings ask for; null where the board needs nobody's help. Nothing of it is loaded then.
 * @throws AppError E_CONFIG, E_GATEWAY_IDENTITY when a file cannot be read
 */
export async function openGateway(
  settings: Settings,
  link: Link,
  { report, ...environment }: Pick<ProcessEnvironment, 'clock' | 'random' | 'cwd'> & { report: Report },
): Promise<OpenGateway | null> {
  const { gateway } = settings;
  if (gateway === null) return null;
  if (gateway.at !== null) {
    const { SharedGateway } = await import('../gateway/shared-gateway.ts');
    return new SharedGateway(gateway.at);
  }
  const [{ SessionGateway }, { cloudSide }, { readKey }] = await Promise.all([
    import('../gateway/session-gateway.ts'),
    import('../gateway/cloud-side.ts'),
    import('../gateway/board-credentials.ts'),
  ]);
  return new SessionGateway({
    ...environment,
    settings: gateway,
    cloud: cloudSide(gateway, settings, environment.cwd, link.cloud?.broker),
    key: readKey(gateway, environment.cwd),
    report,
    simulated: link.cloud,
  });
}
