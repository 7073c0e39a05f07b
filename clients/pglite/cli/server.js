import { randomBytes } from 'node:crypto'
import { withInterruption } from './interruption.js'

const { default: pg } = await import('pg').catch((cause) => {
  throw new Error('The package "pg" is missing, with which this command talks to the server: npm install pg', { cause })
})

/**
 * @param {string} [url]  without it, the environment says which server
 * @param {string} [database]  instead of the one that the URL names
 */
export async function connect(url, database) {
  const client = new pg.Client({ ...address(url, database), application_name: 'electric-schema' })
  // A connection that is lost shows in the query that needs it.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (cause) {
    throw new Error(`no connection to ${client.database} at ${client.host}:${client.port}: ${cause.message}`, { cause })
  }
  return client
}

function address(url, database) {
  if (url === undefined) return { database }
  if (!URL.canParse(url)) throw new Error('the server is to be given as postgres://user@host:port/database')
  const address = new URL(url)
  if (database !== undefined) address.pathname = database
  return { connectionString: address.href }
}

/** What a client would be told to build. */
export async function snapshot(db) {
  try {
    return (await db.query('SELECT electric_schema.snapshot() AS plan')).rows[0].plan
  } catch (error) {
    const hints = {
      '3F000': 'This database does not have the extension: CREATE EXTENSION electric_schema.',
      42501: 'It takes USAGE on the schema electric_schema, and EXECUTE on electric_schema.snapshot(text).',
    }
    throw Object.assign(error, { hint: error.hint ?? hints[error.code] })
  }
}

/** Applies a history's migrations as its own tool would. */
export async function play(db, history) {
  await history.prepare(db)
  for (const migration of history.migrations) {
    try {
      await history.apply(db, migration)
    } catch (error) {
      throw Object.assign(error, { message: `${migration.tag}: ${error.message}` })
    }
  }
}

/**
 * Runs `body` with a database that has the extension and nothing else, and drops it again, also when interrupted.
 * @template T
 * @param {string | undefined} url
 * @param {(db: import('pg').Client) => Promise<T>} body
 * @returns {Promise<T>}
 */
export async function withScratchDatabase(url, body) {
  const name = `electric_schema_seed_${randomBytes(8).toString('hex')}`
  const work = async () => {
    const db = await connect(url, name)
    try {
      await db.query('CREATE EXTENSION electric_schema')
      return await body(db)
    } finally {
      await db.end()
    }
  }
  return withInterruption(async (interrupted) => {
    // C goes with UTF8, which the extension needs, whatever the server's own locale.
    await administer(url, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`)
    try {
      return await Promise.race([work(), interrupted])
    } finally {
      await administer(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    }
  })
}

async function administer(url, statement) {
  const db = await connect(url)
  try {
    await db.query(statement)
  } finally {
    await db.end()
  }
}
