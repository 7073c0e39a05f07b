import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { changesDigest, entryHash, genesisHash, privateDigest, schemaHash } from '../src/index.js'

const file = new URL('../../../tests/vectors/ledger-format.json', import.meta.url)
const vectors = JSON.parse(await readFile(file, 'utf8'))

test('genesis vectors', async () => {
  for (const { ledger_id, hash } of vectors.genesis) assert.equal(await genesisHash(ledger_id), hash)
})

test('changes vectors', async () => {
  for (const { changes, digest } of vectors.changes) assert.equal(await changesDigest(changes), digest)
})

test('private vectors', async () => {
  for (const { digest, ...part } of vectors.private) assert.equal(await privateDigest(part), digest)
})

test('entry vectors', async () => {
  let parent = vectors.entries[0].parent_hash
  for (const entry of vectors.entries) {
    assert.equal(entry.parent_hash, parent)
    assert.equal(await entryHash(entry), entry.hash)
    parent = entry.hash
  }
})

test('schema vectors', async () => {
  for (const { definitions, hash } of vectors.schema) assert.equal(await schemaHash(definitions), hash)
})

test('what has no exact encoding is refused', async () => {
  await assert.rejects(changesDigest([2 ** 53]), TypeError)
  await assert.rejects(changesDigest([0.5]), TypeError)
  await assert.rejects(changesDigest([undefined]), TypeError)
  await assert.rejects(changesDigest(['\ud800']), TypeError)
  await assert.rejects(genesisHash('not a uuid'), TypeError)
  await assert.rejects(entryHash({ ...vectors.entries[0], parent_hash: vectors.entries[0].parent_hash.toUpperCase() }), TypeError)
  await assert.rejects(entryHash({ ...vectors.entries[0], seq: -1 }), RangeError)
})

test('a bigint is hashed like the number that it equals', async () => {
  assert.equal(await changesDigest([7n]), await changesDigest([7]))
  assert.equal(await changesDigest([-0]), await changesDigest([0]))
})
