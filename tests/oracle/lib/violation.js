/** What the oracle found. `kind` says which promise was broken. */
export class Violation extends Error {
  constructor(kind, message, lines = []) {
    super(`${kind}: ${message}`)
    Object.assign(this, { kind, lines })
  }

  /** The same mistake in another schema has the same signature. */
  get signature() {
    const message = this.kind === 'the schemas differ' ? this.message.replace(/([-+!] \w+) [^|]*/g, '$1 ') : this.message
    return message.replace(/"[^"]*"|'[^']*'|\b\w*\d\w*\b/g, '…').slice(0, 120)
  }
}
