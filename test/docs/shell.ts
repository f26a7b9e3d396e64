// As much of a shell's grammar as the pages use: enough to find each command and its words.

const OPERATOR = /^(?:\|\||&&|\||;|&|\n|\(|\))/;
const REDIRECTION = /^\d?(?:>>|>|<)&?/;
/** Words that stand before a command and belong to the shell. */
const KEYWORDS = ['while', 'until', 'if', 'do', 'then', 'else', '!'];
const ENDS = ['done', 'fi'];

/** The commands of a script, each as its words, without assignments and redirections; those in `$(…)` too. */
export function commandsOf(script: string): string[][] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | null = null;
  let isTarget = false;
  let rest = script.replaceAll(/\\\n/g, ' ');

  const endWord = () => {
    if (word !== null && !isTarget) words.push(word);
    if (word !== null) isTarget = false;
    word = null;
  };
  const endCommand = () => {
    endWord();
    while (words[0] !== undefined && (KEYWORDS.includes(words[0]) || /^\w+=/.test(words[0]))) words.shift();
    if (words[0] !== undefined && !ENDS.includes(words[0])) commands.push(words);
    words = [];
  };
  const take = (length: number) => {
    const taken = rest.slice(0, length);
    rest = rest.slice(length);
    return taken;
  };
  /** What stands in `$(…)`, from behind the parenthesis on. */
  const substitution = () => {
    let depth = 1;
    let length = 0;
    while (depth > 0 && length < rest.length) {
      const quoted = /^'[^']*'/.exec(rest.slice(length));
      if (quoted === null && rest[length] === '(') depth++;
      if (quoted === null && rest[length] === ')') depth--;
      length += quoted?.[0].length ?? 1;
    }
    if (depth > 0) throw new Error(`no end of $( in ${script}`);
    commands.push(...commandsOf(take(length).slice(0, -1)));
    return 'substituted';
  };
  const doubleQuoted = () => {
    let text = '';
    while (!rest.startsWith('"')) {
      if (rest === '') throw new Error(`no end of a quotation in ${script}`);
      if (rest.startsWith('$(')) {
        take(2);
        text += substitution();
      } else if (/^\\["\\$`]/.test(rest)) text += take(2).slice(1);
      else text += take(1);
    }
    take(1);
    return text;
  };

  while (rest !== '') {
    const operator = OPERATOR.exec(rest)?.[0];
    const redirection = word === null ? REDIRECTION.exec(rest)?.[0] : undefined;
    if (redirection !== undefined) {
      take(redirection.length);
      isTarget = true;
    } else if (operator !== undefined) {
      // A pipe at the end of a line, or at the beginning of the next one, joins them either way.
      take(operator.length);
      endCommand();
    } else if (/^\s/.test(rest)) {
      take(1);
      endWord();
    } else if (rest.startsWith('#') && word === null) take(/^[^\n]*/.exec(rest)?.[0].length ?? 0);
    else if (rest.startsWith("'")) {
      const quoted = /^'([^']*)'/.exec(rest);
      if (quoted === null) throw new Error(`no end of a quotation in ${script}`);
      take(quoted[0].length);
      word = `${word ?? ''}${quoted[1]}`;
    } else if (rest.startsWith('"')) {
      take(1);
      word = `${word ?? ''}${doubleQuoted()}`;
    } else if (rest.startsWith('$(')) {
      take(2);
      word = `${word ?? ''}${substitution()}`;
    } else if (rest.startsWith('\\')) word = `${word ?? ''}${take(2).slice(1)}`;
    else word = `${word ?? ''}${take(1)}`;
  }
  endCommand();
  return commands;
}
