import { asciiJson } from '../../azure/json.ts';
import { methodResponseTopic } from '../../azure/topics.ts';
import type { Modem } from '../../modem/modem.ts';
import type { SessionContext } from '../context.ts';
import { warn } from '../report.ts';

/** Said in place of an answer that is too long for the module. */
const TOO_LONG = { status: 500, response: { status: 'The answer is too long for the module' } };

/** Answers a command of the cloud (Azure 2.5). Whoever reads along and the cloud hear of the answer, or neither does. */
export function answerCommand(
  { device, report, finish }: SessionContext,
  modem: Modem,
  { name, rid, payload }: { name: string; rid: string; payload: Uint8Array },
): Promise<void> {
  return finish(async (signal) => {
    const answer = await device.command(name, payload);
    const fits = ({ status, response }: Pick<typeof answer, 'status' | 'response'>) =>
      modem.mqtt.excess(methodResponseTopic(status, rid), asciiJson(response), 0) === null;
    const sent = fits(answer) ? answer : { ...answer, ...TOO_LONG };
    if (!fits(sent)) {
      warn(report, `The command "${name}" cannot be answered: its request id is too long for the module`);
      return;
    }
    const { request, status, response } = sent;
    await modem.mqtt.publish(methodResponseTopic(status, rid), asciiJson(response), 0, signal);
    report({ type: 'command', name, request, status, response });
  });
}
