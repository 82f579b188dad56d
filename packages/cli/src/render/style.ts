/** Colors that mean something, by what they mean. */
export interface Style {
  readonly heading: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly added: (text: string) => string;
  readonly removed: (text: string) => string;
  readonly changed: (text: string) => string;
  readonly location: (text: string) => string;
}

const same = (text: string): string => text;

export const plainStyle: Style = {
  heading: same,
  quiet: same,
  added: same,
  removed: same,
  changed: same,
  location: same,
};

/** Source: ECMA-48 "SGR". */
const graphic = (on: number, off: number) => (text: string) =>
  text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;

export const terminalStyle: Style = {
  heading: graphic(1, 22),
  quiet: graphic(2, 22),
  added: graphic(32, 39),
  removed: graphic(31, 39),
  changed: graphic(33, 39),
  location: graphic(36, 39),
};
