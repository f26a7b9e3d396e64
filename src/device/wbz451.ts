import { parseDuration } from '../azure/duration.ts';
import { isJsonObject } from '../azure/json.ts';
import type { Json, JsonObject } from '../events.ts';
import { CommandError, type DeviceDefinition } from './define.ts';
import { defineDevice } from './definition.ts';
import { quoted } from './invoke.ts';

/** Its model. */
export const WBZ451 = 'dtmi:com:Microchip:WBZ451_Curiosity;1';

/** What the walkthrough's board has been asked for before. @param interval seconds between telemetry messages */
export function walkthroughTwin(interval: number): JsonObject {
  return { telemetryInterval: interval, rgb_led_blue: 0, rgb_led_green: 0, rgb_led_red: 0, led_user: 3 };
}

const LOWEST = 15;
const HIGHEST = 25;
const STEP = 0.25;
const STEPS = (HIGHEST - LOWEST) / STEP + 1;
const BAD_REQUEST = 400;

/**
 * The walkthrough's board, a WBZ451 Curiosity, with an invented thermometer: from 15 °C to 25 °C in quarters, and again.
 * @param ahead readings that it is ahead of a board that has just begun
 */
export function wbz451(ahead = 0): DeviceDefinition {
  let readings = ahead;
  return defineDevice({
    model: WBZ451,
    telemetry: {
      // Quarters are exact in binary, so no digits creep in.
      temperature: () => LOWEST + STEP * (readings++ % STEPS),
    },
    properties: {
      ipAddress: {},
      rgb_led_blue: { writable: true },
      rgb_led_green: { writable: true },
      rgb_led_red: { writable: true },
      led_user: { writable: true },
      telemetryInterval: {
        initial: ({ interval }) => interval,
        minimum: 1,
        maximum: 86_400,
        set(seconds, context) {
          const changed = seconds !== context.interval;
          context.setInterval(Number(seconds));
          if (context.source === 'twin') {
            context.log(`telemetryInterval set to ${seconds} based on Device Twin State`);
          } else if (changed) {
            context.log(
              'Temperature sensor telemetry updating at the new telemetry interval\nCheck Raw Data tab to verify',
            );
          }
          return seconds;
        },
      },
    },
    commands: {
      reboot(request, { log, restart }) {
        const seconds = delayIn(request);
        log(`execute reboot(${seconds})`);
        restart(seconds);
        return { status: 'Success', delay: seconds };
      },
      sendMsg(request, { log }) {
        const text = member(request, 'sendMsgString');
        if (typeof text !== 'string') {
          throw new CommandError(BAD_REQUEST, 'The request must hold sendMsgString, a string');
        }
        log(`message from IoT Central: ${text}`);
        return { status: 'Success' };
      },
    },
    connected({ address, report }) {
      if (address !== null) report('ipAddress', address);
    },
  });
}

/** The delay of a reboot, in whole seconds. @throws CommandError for a request without one */
function delayIn(request: Json): number {
  const delay = member(request, 'delay');
  if (typeof delay !== 'string') {
    throw new CommandError(BAD_REQUEST, 'The request must hold a delay, an ISO 8601 duration such as PT5S');
  }
  const duration = parseDuration(delay);
  if ('invalid' in duration) {
    throw new CommandError(BAD_REQUEST, `The delay${quoted(delay)} cannot be used: ${duration.invalid}`);
  }
  return Math.ceil(duration.seconds);
}

function member(request: Json, name: string): Json | undefined {
  return isJsonObject(request) && Object.hasOwn(request, name) ? request[name] : undefined;
}
