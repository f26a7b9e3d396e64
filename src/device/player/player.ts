import { parseDuration } from '../../azure/duration.ts';
import type { Command, Component, Contents, Field, Model, Property, Telemetry } from '../../dtdl/model.ts';
import { findViolation, violationSentence } from '../../dtdl/validate.ts';
import type { Json } from '../../events.ts';
import { isButton } from '../button.ts';
import {
  CommandError,
  type CommandHandler,
  type DeviceContext,
  type DeviceDefinition,
  type PropertyDefinition,
  type TelemetrySource,
} from '../define.ts';
import { placeKey } from '../place.ts';
import { answererFor, named } from './answer.ts';
import { generatorFor, type Sources } from './generate.ts';
import { type Pace, paceOf } from './pace.ts';
import { fittingPart, inPortions } from './portions.ts';

const BAD_REQUEST = 400;
/** Seconds between two events, which have a pace of their own: nobody presses a button every ten seconds. */
const EVENT_PACE = 60;
const ADDRESS = /^ip_?(?:v4)?_?address$/i;
const REBOOT = /^(?:re(?:boot|start)(?:_?device)?|(?:device_?)re(?:boot|start))$/i;

/** The model itself, or one of its components. */
type Part = Contents & Partial<Pick<Component, 'name'>>;

/**
 * A device that behaves as a model says: it measures what the model can measure, holds what it can hold, and answers what
 * it can be told. Nothing is behind it; the values are plausible and move slowly.
 */
export function playerOf(model: Model, sources: Sources): DeviceDefinition {
  const { components, id, telemetry, properties, commands } = model;
  const parts: Part[] = [{ telemetry, properties, commands }, ...components];
  const paced = findPace(parts);
  const initial = paced?.property.initial;
  const interval = initial === undefined ? undefined : paced?.pace.toSeconds(initial);
  // A device that has nothing but events would seldom say anything.
  const eventPace = parts.some((part) => part.telemetry.some((one) => !isEvent(one))) ? EVENT_PACE : undefined;
  const propertiesOf = (part: Part) => {
    return part.properties.map((property): [string, PropertyDefinition] => {
      const pace = property === paced?.property ? paced.pace : undefined;
      return [key(part, property), definitionOf(property, pace, sources)];
    });
  };
  return {
    model: id,
    ...(interval !== undefined && { interval }),
    telemetry: Object.fromEntries(parts.flatMap((part) => telemetryOf(part, eventPace, sources))),
    properties: Object.fromEntries(parts.flatMap(propertiesOf)),
    commands: Object.fromEntries(parts.flatMap((part) => commandsOf(part, sources))),
    connected: addressReporter(parts, sources),
  };
}

function key({ name: component }: Part, { name }: Field): string {
  return placeKey(component === undefined ? { name } : { component, name });
}

function telemetryOf(part: Part, eventPace: number | undefined, sources: Sources): [string, TelemetrySource][] {
  return part.telemetry.map((telemetry) => {
    const next = inPortions(generatorFor(telemetry, sources));
    const every = isEvent(telemetry) ? eventPace : undefined;
    return [key(part, telemetry), every === undefined ? () => next() : { every, read: () => next() }];
  });
}

function isEvent({ name, semanticTypes }: Telemetry): boolean {
  return semanticTypes.includes('Event') || isButton(name);
}

/** The property that sets the pace of telemetry: the first one, and the device's own before a component's. */
function findPace(parts: readonly Part[]): { property: Property; pace: Pace } | undefined {
  for (const property of parts.flatMap(({ properties }) => properties)) {
    const pace = paceOf(property);
    if (pace) return { property, pace };
  }
  return undefined;
}

function definitionOf(property: Property, pace: Pace | undefined, sources: Sources): PropertyDefinition {
  if (pace) return pacing(property, pace);
  const { writable, initial = fittingPart(generatorFor(property, sources)()) } = property;
  return isAddress(property) ? {} : { writable, initial };
}

function pacing({ name }: Property, pace: Pace): PropertyDefinition {
  return {
    ...pace.range,
    initial: ({ interval }) => pace.fromSeconds(interval),
    set(value, context) {
      const seconds = pace.toSeconds(value);
      if (seconds === undefined) throw new RangeError(`${name} must be from 1 second to 1 day`);
      if (seconds !== context.interval) context.log(`Telemetry is sent every ${seconds} s now`);
      context.setInterval(seconds);
      return value;
    },
  };
}

function isAddress({ name, writable, schema }: Property): boolean {
  return !writable && schema.kind === 'string' && ADDRESS.test(name);
}

/** Reports the module's own address where the model has a property for it. */
function addressReporter(parts: readonly Part[], sources: Sources): (context: DeviceContext) => void {
  const places = parts.flatMap((part) => {
    return part.properties
      .filter(isAddress)
      .map((property) => ({ part, property, usual: generatorFor(property, sources)() }));
  });
  return ({ address, report }) => {
    for (const { part, property, usual } of places) report(property.name, address ?? usual, part.name);
  };
}

function commandsOf(part: Part, sources: Sources): [string, CommandHandler][] {
  return part.commands.map((command) => {
    const name = part.name === undefined ? command.name : `${part.name}*${command.name}`;
    return [name, handlerOf(command, sources)];
  });
}

/** Whether a command of this name reboots a device; a component's is `component*command`. */
export function isReboot(name: string): boolean {
  return REBOOT.test(name.replace(/^.*\*/, ''));
}

function handlerOf(command: Command, sources: Sources): CommandHandler {
  const answer = answererFor(command, sources);
  return (request, context) => {
    const violation = command.request && findViolation(command.request.schema, request);
    if (violation) throw new CommandError(BAD_REQUEST, violationSentence('request', violation));
    if (isReboot(command.name)) context.restart(delayIn(command, request));
    return answer(request);
  };
}

/**
 * The seconds that a reboot is put off by: `{"delay": "PT5S"}`, a bare `"PT5S"`, or either with a number.
 * @throws CommandError for a duration that cannot be waited for
 */
function delayIn(command: Command, request: Json): number {
  for (const value of named(command.request, request).values()) {
    if (typeof value === 'number' && value >= 0) return value;
    if (typeof value !== 'string') continue;
    const duration = parseDuration(value);
    if ('seconds' in duration) return duration.seconds;
    if (value.startsWith('P')) throw new CommandError(BAD_REQUEST, `The delay cannot be used: ${duration.invalid}`);
  }
  return 0;
}
