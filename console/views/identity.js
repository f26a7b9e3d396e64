import { api } from '../api.js';
import { age, clipped } from '../format.js';
import { saveFile } from '../parts/download.js';
import { html, useEffect, useState } from '../vendor/preact.js';

/** Who the device is to the cloud: certificates, validity, enrollment, and what goes where. */
export function Identity({ store, device, isCloud, server }) {
  const [identity, setIdentity] = useState(null);
  const [error, setError] = useState('');
  useEffect(() => {
    if (!isCloud) return;
    api.identity(device.id).then(setIdentity, (failure) => setError(failure.message));
  }, [device.id, isCloud, server.state, device.hub]);
  if (error !== '') return html`<div class="empty"><p>${clipped(error, 300)}</p></div>`;
  if (isCloud && !identity) return html`<div class="empty"><p>Reading the identity.</p></div>`;
  const session = isCloud ? null : server.about?.identity;
  return html`
    <dl class="pairs wide">
      <div><dt>Device id</dt><dd>${clipped(device.id, 128)}</dd></div>
      <div><dt>Hub</dt><dd>${clipped(identity?.hub ?? device.hub ?? '–', 128)}</dd></div>
      ${
        identity &&
        html`
        <div><dt>ID scope</dt><dd>${clipped(identity.idScope, 60)}</dd></div>
        <div><dt>Registration</dt><dd>${identity.registration ? `${clipped(identity.registration.registrationId, 128)}, ${identity.registration.substatus}` : 'not through DPS'}</dd></div>
        <div><dt>Thumbprint at the hub</dt><dd class="mono">${identity.thumbprint ?? '–'}</dd></div>`
      }
      ${
        session &&
        html`
        <div><dt>ID scope</dt><dd>${clipped(session.idScope ?? '–', 60)}</dd></div>
        <div><dt>DPS</dt><dd>${clipped(session.dpsHost, 128)}</dd></div>`
      }
    </dl>
    ${
      session &&
      html`<h2>What the session gives the board to trust</h2>${session.root ? html`<div class="cards"><${Certificate} certificate=${session.root} now=${store.now()} /></div>` : html`<p class="quiet">Nothing: the board trusts the roots that are built into it. <code>--root-cert</code> names one.</p>`}
`
    }
    ${!isCloud && html`<${OwnCertificate} device=${device} now=${store.now()} />`}
    ${identity?.enrollments.map(
      (enrollment) => html`<section key=${enrollment.id}>
      <h2>${enrollment.kind === 'group' ? 'Group enrollment' : 'Individual enrollment'} ${clipped(enrollment.id, 128)}${enrollment.enabled ? '' : html` <span class="mark">disabled</span>`}</h2>
      ${enrollment.warnings.map((warning) => html`<p key=${warning} class="bad">${clipped(warning, 300)}</p>`)}
      ${enrollment.certificates.length === 0 ? html`<p class="quiet">Known by its thumbprint alone.</p>` : html`<div class="cards">${enrollment.certificates.map((certificate) => html`<${Certificate} key=${certificate.sha256} certificate=${certificate} now=${store.now()} />`)}</div>`}
    </section>`,
    )}
    ${identity && html`<h2>What the board must trust</h2><div class="cards"><${Certificate} certificate=${identity.ca} now=${store.now()} pem=${identity.ca.pem} /></div>`}
    <h2>What goes where</h2>
    <ol class="advice">
      <li><code>anycloud-iotc certs</code> reads the board's certificates into files.</li>
      <li>IoT Central: a group under <em>Permissions → Device connection groups</em> takes <code>SignerCA.PEM</code>; one device takes its own <code>sn….PEM</code> under <em>Connect → Individual enrollment</em>.</li>
      <li>DPS: <em>Enrollment groups</em> take <code>SignerCA.PEM</code> as intermediate certificate, <em>Individual enrollments</em> take <code>sn….PEM</code>.</li>
      <li>This cloud: <code>anycloud-iotc cloud --enroll sn….PEM</code>, or <code>--group SignerCA.PEM</code> for every board of that signer.</li>
      <li>The board: <code>ROOT_CERT</code> names the root of the server that it is to trust.</li>
    </ol>`;
}

/** What the module has told of itself. */
function OwnCertificate({ device, now }) {
  const { certificate } = device;
  return html`<h2>The board's own certificate</h2>
    ${
      certificate
        ? html`<div class="cards"><${Certificate} certificate=${certificate} now=${now} pem=${certificate.pem} file=${`${device.summary.displayName ?? device.id}.PEM`} /></div>
          <p class="quiet">Its key stays in the board. To let this one board in, upload the certificate as the primary one of an individual enrollment, or compare its thumbprint with the one that is shown there; a group takes the signer's instead.</p>`
        : html`<p class="quiet">It stands here as soon as the session has read it from the module. A board behind a gateway has none of its own: the program tells at its start which one the gateway uses.</p>`
    }`;
}

function Certificate({ certificate, now, pem, file = 'ca.pem' }) {
  const { subject, issuer, serial, validFrom, validTo, sha1, sha256 } = certificate;
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  const [tone, words] =
    now < from
      ? ['bad', `not valid before ${validFrom.slice(0, 10)}`]
      : now > to
        ? ['bad', `expired ${age(now - to)} ago`]
        : ['ok', `valid until ${validTo.slice(0, 10)}`];
  return html`<article class="card certificate">
    <h3>${clipped(subject, 200)}</h3>
    <p class=${`state ${tone}`}><span class="dot" aria-hidden="true"></span>${words}</p>
    <dl>
      ${issuer !== undefined && html`<div><dt>Issued by</dt><dd>${clipped(issuer, 200)}</dd></div>`}
      ${serial !== undefined && html`<div><dt>Serial</dt><dd class="mono">${clipped(serial, 80)}</dd></div>`}
      <div><dt>From</dt><dd class="num">${validFrom.slice(0, 19).replace('T', ' ')}</dd></div>
      <div><dt>SHA-1</dt><dd class="mono">${clipped(sha1, 40)}</dd></div>
      <div><dt>SHA-256</dt><dd class="mono">${clipped(sha256, 64)}</dd></div>
    </dl>
    ${pem && html`<p><button type="button" onClick=${() => saveFile(file, 'application/x-pem-file', pem)}>Save as PEM</button></p>`}
  </article>`;
}
