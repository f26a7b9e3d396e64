import type { SessionContext } from '../context.ts';
import type { FactsOf, Result } from '../facts.ts';
import type { State } from '../table.ts';

/**
 * Does what a state is for, and returns what came of it, with what was learned. It does not know which state comes next.
 * Ends at once when `signal` is aborted.
 */
export type StateHandler<S extends State> = (
  context: SessionContext,
  facts: FactsOf<S>,
  signal: AbortSignal,
) => Promise<Result<S>>;
