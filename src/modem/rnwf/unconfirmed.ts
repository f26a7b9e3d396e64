import type { OpenQuestion } from '../modem.ts';
import type { Product } from './product.ts';

/**
 * What is assumed of boards, since nobody has tried this program with one: the same list as in docs/rnwf.md, what
 * everything depends on first.
 */
export const OPEN_QUESTIONS: readonly (OpenQuestion & { readonly only?: Product['name'] })[] = [
  { question: '`AT+GMM` answers with a colon and the name of the chip or of the product', answer: /^\+GMM:/ },
  { question: '`AT+GMR` begins with the version', answer: /^\+GMR:/, only: 'RNWF02' },
  { question: '`AT+GMR` has no version, but a hash and a date', answer: /^\+GMR:/, only: 'RNWF11' },
  { question: 'Full verbosity is that of a start, and errors have two numbers', answer: /^ERROR:\d+\.\d+,/ },
  { question: 'A start prints a banner, as an event or as text', answer: /^\+BOOT\b|AT Command Interface/ },
  {
    question: 'The own address is told by `AT+NETIFC=0,40`, with or without the index in the answer',
    answer: /^\+NETIFC:(?:0,)?40/,
  },
  { question: '`AT+WSTA` answers `+WSTA:<state>`, with or without an association id', answer: /^\+WSTA:/ },
  { question: '`AT+TIME=3` is answered after its `OK`', answer: /^\+TIME:"/ },
  { question: 'The threshold for long messages at a start', answer: /^\+MQTTC:9,/ },
  { question: 'The root certificates that are there at a start', answer: /^\+FS:2,/ },
  { question: 'The room that is left in the flash', answer: /^\+FS:4,/, only: 'RNWF02' },
  {
    question: 'Domain and peer are verified unless that is switched off',
    answer: /^\+TLSC:(?:1,)?4[01],/,
    only: 'RNWF02',
  },
  {
    question: 'The certificate of the secure element comes whole in one line',
    answer: /^\+ECCRDCERT:\d+,0,/,
    only: 'RNWF11',
  },
  {
    question: 'A network that was asked to be left is told by `+WSTALD`, with or without an association id',
    answer: /^\+WSTALD/,
  },
  { question: 'Quotes in what is received are escaped', answer: /^\+MQTTSUBRX:.*\\"/ },
  { question: 'A line of 1,024 bytes is taken', only: 'RNWF02' },
  { question: 'A file goes in by XMODEM where FS-TSFR is refused: what is printed before it, and after it' },
  { question: 'What is printed when a transfer by XMODEM is broken off, and whether a part of the file is kept' },
  { question: 'A network with WPA3 is joined with the security type alone' },
  { question: 'Events do not break into the lines of others' },
  {
    question:
      'What is printed when a server cannot be reached, or its name is unknown: the lines after `AT+MQTTCONN=1`',
  },
  { question: 'Whether it joins a lost network again by itself' },
  { question: 'How many seconds it takes from the reset button until it answers `AT`' },
];

/** Queries that change nothing. */
export const SURVEY: Readonly<Record<Product['name'], readonly string[]>> = {
  RNWF02: [
    'AT+WSTA',
    'AT+NETIFC=0',
    'AT+SNTPC',
    'AT+MQTTC=9',
    'AT+TLSC=1',
    'AT+FS=2,1',
    'AT+FS=2,2',
    'AT+FS=4',
    'AT+NONE',
  ],
  RNWF11: ['AT+WSTA', 'AT+NETIFC=0', 'AT+SNTPC', 'AT+MQTTC=9', 'AT+TLSC=1', 'AT+FS=2,1', 'AT+ECCRDSER', 'AT+NONE'],
};
