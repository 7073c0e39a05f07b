import { execFileSync } from 'node:child_process'
import { connect } from '../../tests/e2e/lib/cluster.js'

/** A private cluster; databases are made in it from templates, because a fresh copy is the same in every round. */
export class Cluster {
  constructor(host) {
    this.host = host
  }

  async with(database, body) {
    const db = await connect(database, { host: this.host })
    try {
      return await body(db)
    } finally {
      await db.end()
    }
  }

  run(database, ...statements) {
    return this.with(database, async (db) => {
      for (const statement of statements) await db.query(statement)
    })
  }

  /** A script, each statement of it a transaction of its own. */
  script(database, file) {
    execFileSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', file], {
      env: this.environment(database, '-c client_min_messages=warning'),
    })
  }

  async value(database, query, parameters) {
    const { rows } = await this.with(database, (db) => db.query(query, parameters))
    return Object.values(rows[0])[0]
  }

  async copy(template, database) {
    await this.drop(database)
    await this.run('postgres', `CREATE DATABASE ${database} TEMPLATE ${template}`)
  }

  drop(database) {
    return this.run('postgres', `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
  }

  checkpoint() {
    return this.run('postgres', 'CHECKPOINT')
  }

  /** For libpq's programs. */
  environment(database, options = '') {
    return { ...process.env, PGHOST: this.host, PGDATABASE: database, PGOPTIONS: options, PGAPPNAME: 'bench' }
  }
}
