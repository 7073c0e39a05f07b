import pg from 'pg'

const user = process.env.PGUSER ?? 'postgres'
const host = process.env.PGHOST ?? '/var/run/postgresql'
const port = Number(process.env.PGPORT ?? 5432)

/** @param {object} other  what differs: user, host, port */
export async function connect(database, other = {}) {
  const client = new pg.Client({ host, port, user, database, application_name: 'e2e', ...other })
  try {
    await client.connect()
  } catch (cause) {
    throw new Error(`No connection to ${database} at ${host}:${port} (PGHOST, PGPORT): ${cause.message}`, { cause })
  }
  return client
}

// template0, because template1 may have been given extensions that a plain client does not have.
export async function recreate(database) {
  const admin = await connect('postgres')
  try {
    await admin.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`)
    await admin.query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  } finally {
    await admin.end()
  }
  return connect(database)
}

/** The server's major version. */
export async function majorVersion() {
  const admin = await connect('postgres')
  const { rows } = await admin.query('SHOW server_version_num').finally(() => admin.end())
  return Math.floor(rows[0].server_version_num / 10000)
}

export async function drop(database) {
  const admin = await connect('postgres')
  try {
    await admin.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`)
  } finally {
    await admin.end()
  }
}
