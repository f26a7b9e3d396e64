/** Where the key is kept: for this tab, until it is closed. */
const NAME = 'anycloud-iotc key';
const IN_FRAGMENT = /(?:^#|[?&])key=([^&]+)/;

/** The key that requests bring; empty where none is known. */
export const key = () => sessionStorage.getItem(NAME) ?? '';

export function keepKey(text) {
  sessionStorage.setItem(NAME, text.trim());
}

/** Takes the key out of the address that the program has printed, so that it stands in no history and no bookmark. */
export function takeKeyFromAddress() {
  const found = IN_FRAGMENT.exec(location.hash);
  if (!found) return false;
  keepKey(decodeURIComponent(found[1]));
  const rest = location.hash.replace(IN_FRAGMENT, '').replace(/^#?/, '#');
  history.replaceState(null, '', rest === '#' ? '#/devices' : rest);
  return true;
}
