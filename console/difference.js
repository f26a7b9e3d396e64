const isBranch = (value) => typeof value === 'object' && value !== null;
const MAX_DEPTH = 20;

/**
 * Where two JSON values differ: { path, before, after } each, undefined for what is not there; at most `most`.
 * Arrays are compared by place.
 */
export function difference(before, after, most = 50) {
  const found = [];
  const walk = (one, other, path, depth) => {
    if (found.length >= most || one === other) return;
    if (!isBranch(one) || !isBranch(other) || Array.isArray(one) !== Array.isArray(other) || depth >= MAX_DEPTH) {
      if (!isBranch(one) || !isBranch(other) || JSON.stringify(one) !== JSON.stringify(other))
        found.push({ path, before: one, after: other });
      return;
    }
    for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
      if (found.length >= most) return;
      const [a, b] = [one, other].map((value) => (Object.hasOwn(value, name) ? value[name] : undefined));
      walk(a, b, path === '' ? name : `${path}.${name}`, depth + 1);
    }
  };
  walk(before, after, '', 0);
  return found;
}
