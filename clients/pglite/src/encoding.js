/** The primitives of docs/ledger-format.md. Each gives the bytes that it stands for. */

const utf8 = new TextEncoder()
const HEX = /^(?:[0-9a-f]{2})*$/
const DECIMAL = /^-?\d+$/

/** @param {number | bigint | string} value */
export function u64(value) {
  const n = integer(value)
  if (n < 0n || n >= 1n << 64n) throw new RangeError(`${n} is not a u64`)
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigUint64(0, n)
  return out
}

/** @param {number | bigint | string} value */
export function i64(value) {
  const n = integer(value)
  if (n < -(1n << 63n) || n >= 1n << 63n) throw new RangeError(`${n} is not an i64`)
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigInt64(0, n)
  return out
}

/** @param {Uint8Array} value */
export function bytes(value) {
  return concat([u64(value.length), value])
}

/** @param {string} value */
export function text(value) {
  return bytes(utf8.encode(wellFormed(value)))
}

/** @param {string | null} value */
export function optionalText(value) {
  return value === null ? Uint8Array.of(0) : concat([Uint8Array.of(1), text(value)])
}

/** @param {string[]} values */
export function textList(values) {
  if (!Array.isArray(values)) throw new TypeError('not a list')
  return concat([u64(values.length), ...values.map(text)])
}

/**
 * Canonical JSON (RFC 8785), integers being the only numbers. A bigint stands for an integer that a number cannot hold.
 * @param {unknown} value
 * @returns {string}
 */
export function canonicalJson(value) {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(wellFormed(value))
  if (typeof value === 'number' || typeof value === 'bigint') return String(integer(value))
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object') {
    // The default order of sort() is by UTF-16 code units, which is what RFC 8785 asks for.
    const members = Object.keys(value).sort().map((key) => `${canonicalJson(key)}:${canonicalJson(value[key])}`)
    return `{${members.join(',')}}`
  }
  throw new TypeError(`JSON has no ${typeof value}`)
}

/** @param {Uint8Array[]} parts */
export function concat(parts) {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}

/**
 * @param {string} hex
 * @param {number} length in bytes
 */
export function fromHex(hex, length) {
  if (typeof hex !== 'string' || hex.length !== 2 * length || !HEX.test(hex)) {
    throw new TypeError(`not ${length} bytes in lower-case hexadecimal: ${hex}`)
  }
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
}

/** @param {Uint8Array} value */
export function toHex(value) {
  return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function integer(value) {
  if (typeof value === 'bigint') return value
  // A larger number has lost digits already: its hash would be that of another value.
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value === 'string' && DECIMAL.test(value)) return BigInt(value)
  throw new TypeError(`not an exact integer: ${value}`)
}

function wellFormed(value) {
  // TextEncoder would replace a lone surrogate silently, and two different texts would share a hash.
  if (typeof value !== 'string' || !value.isWellFormed()) throw new TypeError('not a well-formed text')
  return value
}
