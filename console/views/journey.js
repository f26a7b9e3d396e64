import { clipped, span, timeOfDay } from '../format.js';
import { STEPS } from '../journey.js';
import { html } from '../vendor/preact.js';

const WORDS = { done: 'done', now: 'now', failed: 'failed', open: 'to come' };
const TONES = { done: 'ok', now: 'wait', failed: 'bad', open: 'off' };

/** The way from the port to telemetry: how long each step took, what is waited for, and what has failed. */
export function JourneyView({ store, device }) {
  const { journey } = device;
  if (journey.current === null && journey.notes.length === 0) {
    return html`<div class="empty"><p>The device has not begun: it is neither at DPS nor at the hub.</p>
      <p>Is it powered, on a network that leads here, and enrolled? <code>anycloud-iotc doctor</code> at the board says what is missing.</p></div>`;
  }
  return html`
    <ol class="journey" aria-label="Steps">
      ${STEPS.map(({ id, title }) => html`<${Step} key=${id} id=${id} title=${title} journey=${journey} now=${store.now()} />`)}
    </ol>
    ${
      journey.failure &&
      html`<div class="notice bad" role="alert"><p>${clipped(journey.failure.message, 600)}</p>
      ${journey.failure.hint !== '' && html`<p class="quiet">${clipped(journey.failure.hint, 600)}</p>`}</div>`
    }
    ${journey.waiting !== '' && !journey.ended && html`<p class="notice">Waiting for ${clipped(journey.waiting, 300)}.</p>`}
    ${journey.ended && html`<p class="notice">The session has ended: ${clipped(journey.ended.reason, 300)}</p>`}
    ${journey.attempts > 1 && html`<p class="quiet">This is attempt ${journey.attempts}.</p>`}
    ${!journey.hasSession && html`<p class="quiet">Seen from the cloud: the steps before DPS happen at the board.</p>`}
    ${
      journey.notes.length > 0 &&
      html`<h2>What was told on the way</h2>
      <ol class="notes">${[...journey.notes].reverse().map((note, index) => html`<li key=${journey.notes.length - index} class=${note.level === 'warning' || note.level === 'failed' ? note.level : ''}><time class="num quiet">${timeOfDay(note.at, true)}</time> <span>${clipped(note.message, 400)}${note.hint !== '' ? html` <span class="quiet">${clipped(note.hint, 400)}</span>` : ''}</span></li>`)}</ol>`
    }`;
}

function Step({ id, title, journey, now }) {
  const state = journey.state(id);
  const time = journey.times.get(id);
  const isUnseen = state === 'done' && !time;
  const took = time ? span((time.to ?? now) - time.from) : isUnseen ? 'not seen from here' : '';
  return html`<li class=${`state ${TONES[state]}`}>
    <span class="name"><span class="dot" aria-hidden="true"></span>${title}</span>
    <span class="word">${id === 'telemetry' && state === 'done' ? 'flows' : WORDS[state]}</span>
    <span class="num quiet">${took}</span>
  </li>`;
}
