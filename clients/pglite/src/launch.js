/** Opening the database, from a seed when there is none yet. */

import { ElectricSchemaError } from './error.js'
import { members } from './tar.js'

/**
 * @param {Pick<import('../index.d.ts').OpenOptions, 'create' | 'dataDir' | 'exists' | 'seed'>} options
 * @returns {Promise<import('../index.d.ts').PGliteLike>}
 */
export async function openDatabase({ create, dataDir, exists = () => databaseExists(dataDir), seed }) {
  const options = dataDir === undefined ? {} : { dataDir }
  if (!seed || (await exists())) return create(options)
  const loadDataDir = await readSeed(seed)
  if (!loadDataDir) return create(options)
  try {
    return await create({ ...options, loadDataDir })
  } catch (error) {
    // PGlite never overwrites a database: whoever could not see that there is one, learns it here.
    if (/Database already exists/.test(error?.message)) return create(options)
    throw error
  }
}

/**
 * Whether PGlite would find a database there. Its own test is the same file.
 * @param {string} [dataDir]
 */
async function databaseExists(dataDir) {
  if (!dataDir || dataDir.startsWith('memory://')) return false
  if (dataDir.startsWith('idb://')) return existsInIndexedDB(`/pglite/${dataDir.slice('idb://'.length)}`)
  const path = dataDir.startsWith('file://') ? dataDir.slice('file://'.length) : dataDir
  if (/^[\w-]+:\/\//.test(path)) throw new TypeError(`For a database at ${dataDir}, a seed needs the option "exists".`)
  // Unlike an import, this is nothing that a bundler for browsers would follow.
  return globalThis.process?.getBuiltinModule?.('node:fs').existsSync(`${path}/PG_VERSION`) ?? false
}

async function existsInIndexedDB(name) {
  // Opening would create it.
  const databases = await indexedDB.databases()
  if (!databases.some((database) => database.name === name)) return false
  const database = await result(indexedDB.open(name))
  try {
    if (!database.objectStoreNames.contains('FILE_DATA')) return false
    return (await result(database.transaction('FILE_DATA').objectStore('FILE_DATA').count(`${name}/PG_VERSION`))) > 0
  } finally {
    database.close()
  }
}

function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

async function readSeed(seed) {
  try {
    const given = await seed()
    if (given === null || given === undefined) return null
    if (given instanceof Response && !given.ok) throw new Error(`The answer was ${given.status}.`)
    return await unpack(given instanceof Response ? await given.blob() : new Blob([given]))
  } catch (cause) {
    throw new ElectricSchemaError('seed_failed', `The seed cannot be used: ${cause?.message ?? cause}`, { cause })
  }
}

/**
 * Checked here, because PGlite would have written the half of it before it failed. And unpacked here, because web servers
 * send a `.gz` sometimes as it is, sometimes already unpacked, with the same type.
 */
async function unpack(blob) {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer())
  const packed = first === 0x1f && second === 0x8b
  const stream = packed ? blob.stream().pipeThrough(new DecompressionStream('gzip')) : blob.stream()
  const tar = new Uint8Array(await new Response(stream).arrayBuffer())
  if (!members(tar).some(({ name }) => name === '/PG_VERSION')) throw new Error('It is not the dump of a database.')
  return new Blob([tar], { type: 'application/x-tar' })
}
