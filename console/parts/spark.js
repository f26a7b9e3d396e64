import { html } from '../vendor/preact.js';

const [WIDTH, HEIGHT] = [160, 32];
const MOST = 120;

/** The last values of a number as a line. */
export function Sparkline({ series, label }) {
  const values = (series?.values ?? []).slice(-MOST).filter((value) => typeof value === 'number');
  if (values.length < 2) return html`<svg class="spark" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true"></svg>`;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  // Halved, since the distance of two numbers may be larger than any number.
  const share = (value) => (value / 2 - low / 2) / (high / 2 - low / 2);
  const y = (value) => (high === low ? HEIGHT / 2 : HEIGHT - 3 - share(value) * (HEIGHT - 6));
  const points = values.map(
    (value, index) => `${((index / (values.length - 1)) * WIDTH).toFixed(1)},${y(value).toFixed(1)}`,
  );
  return html`<svg class="spark" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label=${`${label}: from ${low} to ${high}`}>
    <polyline points=${points.join(' ')} />
  </svg>`;
}

const COLORS = 6;

/** The last values of something with few of them, as a strip that changes its tone where they change. */
export function Strip({ series, label, until, tones }) {
  const times = (series?.times ?? []).slice(-MOST);
  const values = (series?.values ?? []).slice(-MOST);
  if (values.length === 0) return html`<svg class="strip" viewBox="0 0 160 12" aria-hidden="true"></svg>`;
  const from = times[0];
  const whole = Math.max(1, until - from);
  const parts = [];
  for (const [index, value] of values.entries()) {
    const last = parts.at(-1);
    if (last?.value === value) last.to = times[index + 1] ?? until;
    else parts.push({ value, from: times[index], to: times[index + 1] ?? until });
  }
  return html`<svg class="strip" viewBox="0 0 160 12" preserveAspectRatio="none" role="img" aria-label=${`${label}: ${parts.length - 1} changes`}>
    ${parts.map((part) => html`<rect key=${part.from} class=${`tone${tones(part.value) % COLORS}`} x=${((part.from - from) / whole) * 160} width=${Math.max(0.5, ((part.to - part.from) / whole) * 160)} y="0" height="12" />`)}
  </svg>`;
}
