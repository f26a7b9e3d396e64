/** What Azure allows in a device id; also keeps ids apart from the separators of topics. */
const DEVICE_ID = /^[A-Za-z0-9\-:.+%_#*?!(),;=@$']{1,128}$/;

export const isDeviceId = (text: string): boolean => DEVICE_ID.test(text);
