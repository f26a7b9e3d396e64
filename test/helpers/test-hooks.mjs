// node:test follows every promise, to name the test that a stray error belongs to. That is a third of the time of tests
// that live on promises. A hook for the tests themselves is enough: nesting works, and a stray error still fails its file.
import hooks from 'node:async_hooks';

const { createHook } = hooks;
hooks.createHook = ({ init }) =>
  createHook({
    init(id, type, trigger, resource) {
      if (type === 'Test') init(id, type, trigger, resource);
    },
  });
