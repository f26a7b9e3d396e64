/** One kind of control line of a virtual module. */
export interface ControlLine {
  /** How its argument is written, such as `on|off` or `<ms>`; empty for none. */
  argument: string;
  /** What it does, in a few words. */
  about: string;
  /** @returns what there is to say, true for nothing, undefined when the argument is not one. */
  carryOut(argument: string): string | true | undefined;
}

/** Control lines by their first word. */
export type ControlLines = Record<string, ControlLine>;

/**
 * Carries out one control line. `help` lists them all, and `help <word>` explains one.
 * @returns `ok`, what there is to say (of several lines for `help`), or `error: ` and what is wrong
 */
export function carryOut(lines: ControlLines, line: string): string {
  const [, word = '', argument = ''] = /^(\S*)\s*(.*)$/s.exec(line.trim()) ?? [];
  const all: ControlLines = { ...lines, help: help(lines) };
  const known = Object.hasOwn(all, word) ? all[word] : undefined;
  if (!known) return `error: there is no control line "${word}"; help lists all of them`;
  const answer = known.carryOut(argument);
  if (answer === undefined) return `error: it is written: ${usage(word, known)}`;
  return answer === true ? 'ok' : answer;
}

function help(lines: ControlLines): ControlLine {
  const self: ControlLine = {
    argument: '[<word>]',
    about: 'lists the control lines, or explains one',
    carryOut(word) {
      const all = Object.entries({ ...lines, help: self });
      const wanted = word === '' ? all : all.filter(([each]) => each === word);
      if (wanted.length === 0) return undefined;
      const width = Math.max(...wanted.map(([each, line]) => usage(each, line).length));
      return wanted.map(([each, line]) => `${usage(each, line).padEnd(width)}  ${line.about}`).join('\n');
    },
  };
  return self;
}

const usage = (word: string, { argument }: ControlLine) => `${word} ${argument}`.trimEnd();

/** A line without an argument. */
export function plain(about: string, act: () => void): ControlLine {
  return { argument: '', about, carryOut: (argument) => (argument === '' ? done(act) : undefined) };
}

/** A line with any text behind its word. */
export function text(argument: string, about: string, act: (text: string) => void): ControlLine {
  return { argument, about, carryOut: (given) => (given === '' ? undefined : done(() => act(given))) };
}

/** A line with one of some words. @param argument how they are written where they are too many to be listed. */
export function choice<T extends string>(
  choices: readonly T[],
  about: string,
  act: (chosen: T) => void,
  argument = choices.join('|'),
): ControlLine {
  return {
    argument,
    about,
    carryOut(given) {
      const chosen = choices.find((each) => each === given);
      return chosen === undefined ? undefined : done(() => act(chosen));
    },
  };
}

/** A line with a whole number from 0 to `max`. @param argument what it counts. */
export function count(argument: string, max: number, about: string, act: (value: number) => void): ControlLine {
  return {
    argument: `<${argument}>`,
    about,
    carryOut: (given) =>
      /^[0-9]{1,7}$/.test(given) && Number(given) <= max ? done(() => act(Number(given))) : undefined,
  };
}

function done(act: () => void): true {
  act();
  return true;
}
