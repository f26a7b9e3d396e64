import { TO_CONFIRM } from './anycloud/unconfirmed.ts';

/** What a person with a board can confirm, as questions in Markdown. */
export const QUESTIONS: readonly string[] = TO_CONFIRM;
