/**
 * For the pictures: a script for the page, in which time goes on with the events and not with the clock of this computer, so
 * that the same steps give the same picture. Each event comes 40 ms after the one before, or as many whole seconds as it
 * really took; what is shown as "now" is the last event.
 */
export const STEADY_CLOCK = `(() => {
  const STEP = 40;
  let shown = Date.UTC(2026, 0, 15, 9, 30);
  let real = null;
  const iso = /\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?Z/g;
  const advance = (text) => {
    const at = Date.parse(text);
    const seconds = real === null ? 0 : Math.floor((at - real) / 1000 + 0.3);
    real = at;
    shown += seconds > 0 ? 1000 * seconds : STEP;
    return new Date(shown).toISOString();
  };
  Date.now = () => shown;
  performance.now = () => shown;
  const lines = () => {
    let rest = '';
    return new TransformStream({
      transform(chunk, controller) {
        const all = (rest + chunk).split('\\n');
        rest = all.pop();
        for (const line of all) {
          controller.enqueue(line.replace(/"ts":"([^"]+)"/, (_, text) => '"ts":"' + advance(text) + '"') + '\\n');
        }
      },
    });
  };
  const { fetch } = globalThis;
  globalThis.fetch = async (path, options) => {
    const response = await fetch(path, options);
    const { status, headers } = response;
    if (path === '/api/events') {
      const body = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(lines()).pipeThrough(new TextEncoderStream());
      return new Response(body, { status, headers });
    }
    if (status === 204) return response;
    const text = await response.text();
    return new Response(text.replace(iso, () => new Date(shown).toISOString()), { status, headers });
  };
})()`;
