/** The hashes of docs/ledger-format.md, with WebCrypto. */

import { bytes, canonicalJson, concat, fromHex, i64, optionalText, text, textList, toHex, u64 } from './encoding.js'

const LANES = 1024
const DIGESTS_PER_ELEMENT = 64
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The parent of a ledger's first entry.
 * @param {string} ledgerId a UUID
 * @returns {Promise<string>}
 */
export async function genesisHash(ledgerId) {
  if (!UUID.test(ledgerId)) throw new TypeError(`not a UUID: ${ledgerId}`)
  const id = fromHex(ledgerId.replaceAll('-', '').toLowerCase(), 16)
  return toHex(await sha256(text('electric_schema/genesis/1'), bytes(id)))
}

/**
 * The digest of an entry's typed changes.
 * @param {import('../index.d.ts').Json} changes
 * @returns {Promise<string>}
 */
export async function changesDigest(changes) {
  return toHex(await sha256(text('electric_schema/changes/1'), text(canonicalJson(changes))))
}

/**
 * The digest of an entry's private part, for those who are shown it.
 * @param {import('../index.d.ts').PrivatePart} part
 * @returns {Promise<string>}
 */
export async function privateDigest(part) {
  return toHex(
    await sha256(
      text('electric_schema/private/1'),
      bytes(fromHex(part.salt, 32)),
      textList(part.source),
      text(part.recorded_by),
      i64(part.recorded_at),
      text(part.application_name),
      u64(part.xid),
      u64(part.lsn),
      optionalText(part.label),
    ),
  )
}

/**
 * The hash of an entry, recomputed from what it covers; `entry.hash` itself is not looked at.
 * @param {import('../index.d.ts').EntryFields} entry
 * @returns {Promise<string>}
 */
export async function entryHash(entry) {
  return toHex(
    await sha256(
      text('electric_schema/entry/1'),
      bytes(fromHex(entry.parent_hash, 32)),
      u64(entry.seq),
      text(entry.class),
      u64(entry.reset_version),
      bytes(fromHex(entry.schema_hash, 32)),
      textList(entry.statements),
      bytes(fromHex(entry.changes_digest, 32)),
      bytes(fromHex(entry.private_digest, 32)),
    ),
  )
}

/**
 * The hash of a schema, the same in whatever order its definitions come.
 * @param {import('../index.d.ts').Json[]} definitions
 * @returns {Promise<string>}
 */
export async function schemaHash(definitions) {
  const sum = new Uint16Array(LANES)
  for (const definition of definitions) {
    const lanes = new DataView((await element(definition)).buffer)
    for (let i = 0; i < LANES; i++) sum[i] += lanes.getUint16(2 * i, true)
  }
  const out = new DataView(new ArrayBuffer(2 * LANES))
  sum.forEach((lane, i) => out.setUint16(2 * i, lane, true))
  return toHex(await sha256(text('electric_schema/schema/1'), bytes(new Uint8Array(out.buffer))))
}

async function element(definition) {
  const seed = bytes(await sha256(text('electric_schema/definition/1'), text(canonicalJson(definition))))
  const tag = text('electric_schema/lanes/1')
  return concat(await Promise.all(Array.from({ length: DIGESTS_PER_ELEMENT }, (_, i) => sha256(tag, u64(i), seed))))
}

async function sha256(...parts) {
  return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', concat(parts)))
}
