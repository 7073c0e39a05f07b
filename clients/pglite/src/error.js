/**
 * Everything that this library refuses, or fails at, with a stable `code` to decide by.
 */
export class ElectricSchemaError extends Error {
  /**
   * @param {import('../index.d.ts').ErrorCode} code
   * @param {string} message
   * @param {{ cause?: unknown, details?: Record<string, unknown> }} [options]
   */
  constructor(code, message, { cause, details = {} } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ElectricSchemaError'
    this.code = code
    this.details = details
  }
}
