// ALTER EXTENSION electric_schema UPDATE, from every version that was released: a database with a ledger has to become what a new one is, and go on.
//
// electric_schema--VERSION.sql is the install script of a release, as it was released; it is never edited. It is put where the server looks for it.
// The library is this checkout's. To have it fill a ledger whose tables are of another version, the version in pg_extension is changed for as long:
// so what is recorded is what this library records in those tables. A release whose tables it cannot write to any more needs the rows as a script.

import { deepStrictEqual, match, notDeepStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { copyFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { connect, drop, recreate } from '../e2e/lib/cluster.js'
import { ledgerOf } from '../restore/lib/same.js'
import { check, total } from './lib/check.js'
import { members } from './lib/members.js'

const here = new URL('.', import.meta.url).pathname
const extensions = join(execFileSync(process.env.PG_CONFIG, ['--sharedir'], { encoding: 'utf8' }).trim(), 'extension')
const scripts = readdirSync(here).filter((name) => /^electric_schema--[0-9.]+\.sql$/.test(name))
const rows = async (db, sql, args) => (await db.query(sql, args)).rows
const installed = async (db) => (await rows(db, `SELECT extversion AS version FROM pg_extension WHERE extname = 'electric_schema'`))[0].version

// What there can be in a ledger: entries of every class, labels, a scope, a pruned beginning.
const history = [
  `CREATE TYPE mood AS ENUM ('sad', 'ok')`,
  `CREATE TABLE tasks (id serial PRIMARY KEY, state mood, note varchar(20) CHECK (note <> ''))`,
  `INSERT INTO tasks (state, note) VALUES ('ok', 'a')`,
  `CREATE TABLE secrets_of_tasks (id int)`,
  `CALL electric_schema.exclude('secrets*')`,
  `ALTER TABLE tasks ADD COLUMN due date`,
  `ALTER TABLE tasks DROP COLUMN note`,
  `CREATE VIEW due AS SELECT id FROM tasks WHERE due < '2026-01-01'`,
  `BEGIN; CALL electric_schema.label('a name'); CREATE INDEX ON tasks (due); COMMIT`,
  `CALL electric_schema.electrify('tasks')`,
]

async function pretend(db, version) {
  await db.query(`UPDATE pg_extension SET extversion = $1 WHERE extname = 'electric_schema'`, [version])
}

strictEqual(scripts.length > 0, true, 'there is no released version')
const fresh = await recreate('fresh')
await fresh.query('CREATE EXTENSION electric_schema')
const current = await installed(fresh)
const expected = await members(fresh)
await fresh.end()

await check('the comparison sees a grant, a comment, a trigger that is off, another default, and what a dump leaves out', async () => {
  for (const change of [
    'GRANT SELECT ON _electric_meta.migrations TO PUBLIC',
    `COMMENT ON COLUMN _electric_meta.migrations.seq IS 'other'`,
    'ALTER TABLE _electric_meta.seal DISABLE TRIGGER guard',
    'ALTER TABLE _electric_meta.ledgers ALTER created_at DROP DEFAULT',
    `UPDATE pg_extension SET extconfig = extconfig[1:2], extcondition = extcondition[1:2] WHERE extname = 'electric_schema'`,
    'ALTER EVENT TRIGGER electric_schema_ddl DISABLE',
    'ALTER FUNCTION electric_schema.head() SET work_mem = 64',
  ]) {
    const db = await connect('fresh')
    await db.query('BEGIN')
    await db.query(change)
    notDeepStrictEqual(await members(db), expected, change)
    await db.query('ROLLBACK')
    deepStrictEqual(await members(db), expected)
    await db.end()
  }
})

for (const script of scripts) {
  const version = script.slice('electric_schema--'.length, -'.sql'.length)
  if (version === current) throw new Error(`${script} is of the version that is being developed: give that one another number`)
  copyFileSync(join(here, script), join(extensions, script))
  let db = await recreate('upgraded')
  // Each look is by a session of its own: sessions that are older than an upgrade go on with what they have.
  const again = async () => {
    await db.end()
    db = await connect('upgraded')
  }
  try {
    await check(`${version}: installs, and without the update refuses DDL`, async () => {
      // Its own library would have made it.
      await db.query(`BEGIN; CREATE EXTENSION electric_schema VERSION '${version}'`)
      await pretend(db, current)
      await db.query('COMMIT')
      await pretend(db, version)
      await rejects(db.query('CREATE TABLE t (id int)'), (error) => {
        deepStrictEqual(error.code, '55000')
        match(error.hint, /ALTER EXTENSION electric_schema UPDATE/)
        return true
      })
      await db.query('SELECT * FROM electric_schema.head()')
    })
    let before
    await check(`${version}: a ledger is filled`, async () => {
      await pretend(db, current)
      for (const sql of history) await db.query(sql)
      const [{ hash }] = await rows(db, 'SELECT hash FROM _electric_meta.migrations WHERE seq = 3')
      await db.query('CALL electric_schema.compact($1)', [hash])
      before = await ledgerOf(db)
      ok(before.entries.length > 3 && before.pruned.length > 0 && before.scope.length > 0)
      await pretend(db, version)
      await again()
      await rejects(db.query('CREATE TABLE t (id int)'), { code: '55000' })
    })
    await check(`${version} to ${current}: ALTER EXTENSION UPDATE makes what a new installation has`, async () => {
      await db.query('ALTER EXTENSION electric_schema UPDATE')
      strictEqual(await installed(db), current)
      deepStrictEqual(await members(db), expected)
    })
    await check(`${version} to ${current}: it is the same ledger, it is whole, and it goes on`, async () => {
      await again()
      deepStrictEqual(await ledgerOf(db), before)
      const [{ sound }] = await rows(db, 'SELECT electric_schema.verify($1) AS sound', [before.checkpoint])
      deepStrictEqual([sound.ok, sound.first_broken], [true, null])
      deepStrictEqual(await rows(db, 'SELECT * FROM electric_schema.drift()'), [])
      await db.query('CREATE TABLE later (id int)')
      const [next] = await rows(db, 'SELECT seq::int, parent_hash, statements FROM _electric_meta.migrations ORDER BY seq DESC LIMIT 1')
      deepStrictEqual(next, { seq: Number(before.head.seq) + 1, parent_hash: before.head.hash, statements: ['CREATE TABLE public.later (id integer)'] })
      const [{ whole }] = await rows(db, `SELECT electric_schema.verify() -> 'ok' AS whole`)
      strictEqual(whole, true)
    })
  } finally {
    await db.end()
    rmSync(join(extensions, script))
  }
}
await drop('fresh')
await drop('upgraded')
total()
