// A device whose tokens last six seconds, and are renewed two seconds before that: while it sends, three of them expire.
import device from 'azure-iot-device';
import mqtt from 'azure-iot-device-mqtt';
import { run } from './run.mjs';

const { Client, Message } = device;
const SECONDS = { tokenValidTimeInSeconds: 6, tokenRenewalMarginInSeconds: 2 };
const PAUSE = 500;

await run({
  async renewal() {
    const client = Client.fromConnectionString(process.env.DEVICE_CONNECTION_STRING, mqtt.Mqtt);
    await client.setOptions({ tokenRenewal: SECONDS });
    await client.open();
    const end = Date.now() + 3 * 1000 * SECONDS.tokenValidTimeInSeconds + 1000;
    for (let n = 0; Date.now() < end; n++) {
      await client.sendEvent(new Message(JSON.stringify({ n })));
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    await client.close();
  },
});
