/** Saves a text as a file. */
export function saveFile(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name.replace(/[^0-9A-Za-z._-]/g, '_');
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Saves events as `--json` would have written them. */
export function download(name, events) {
  saveFile(name, 'application/x-ndjson', events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}
