/** What lets boards through the firewall of this computer, by its system. */
export function firewallCommand(platform: NodeJS.Platform, port: number): string {
  switch (platform) {
    case 'win32':
      return `netsh advfirewall firewall add rule name="anycloud-iotc ${port}" dir=in action=allow protocol=TCP localport=${port}`;
    case 'darwin':
      return `sudo /usr/libexec/ApplicationFirewall/socketfilterfw --unblockapp "$(which node)"`;
    default:
      return `sudo ufw allow ${port}/tcp, or sudo firewall-cmd --add-port=${port}/tcp`;
  }
}
