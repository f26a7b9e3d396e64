export function helpText(_name: string): string {
  return '';
}
