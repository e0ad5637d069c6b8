/** Money or seats are wrong. `rule`: in which way. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly rule: string;
  constructor(rule: string, detail: string) {
    super(`${rule}: ${detail}`);
    this.rule = rule;
  }
}
