// Restores that are not whole: what they say, and how to go on.

import { deepStrictEqual, match, rejects } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, recreate } from '../../e2e/lib/cluster.js'
import { isSame, ledgerOf } from './same.js'
import { schemas } from './schemas.js'
import { run } from './ways.js'

export async function half({ check, folder }) {
  const source = await recreate('dumped')
  const before = await schemas.everything(source).then(() => ledgerOf(source)).finally(() => source.end())
  const file = join(folder, 'whole')
  await run('pg_dump', '-Fc', '-f', file, 'dumped')
  const rows = async (db, sql, args) => (await db.query(sql, args)).rows
  const restoring = async (db) => (await rows(db, 'SELECT restoring FROM electric_schema.status'))[0].restoring

  const into = async (test) => {
    await (await recreate('restored')).end()
    const db = await connect('restored')
    await test(db).finally(() => db.end())
  }
  // pg_restore without the lines of its list that match.
  const without = async (pattern) => {
    const list = execFileSync('pg_restore', ['-l', file], { encoding: 'utf8' }).split('\n')
    const left = join(folder, 'list')
    writeFileSync(left, list.filter((line) => !pattern.test(line)).join('\n'))
    await run('pg_restore', '-e', '-L', left, '-d', 'restored', file)
  }

  await check('half: without the entries, which come later', () =>
    into(async (db) => {
      await without(/TABLE DATA _electric_meta migrations/)
      const [{ missing, hint, seq }] = await restoring(db)
      match(missing, /^entry 1: the newest entries are missing$/)
      match(hint, /pg_restore --data-only/)
      deepStrictEqual(String(seq), before.head.seq)
      // It is recorded meanwhile, in a ledger of its own.
      await db.query('CREATE TABLE meanwhile (id integer)')
      await db.query('DROP TABLE meanwhile')
      await rejects(db.query('CALL electric_schema.adopt()'), { code: '55000' })
      await run('pg_restore', '-e', '--data-only', '-t', 'migrations', '-n', '_electric_meta', '-d', 'restored', file)
      await isSame(db, before)
    }))

  await check('half: without the ledger itself', () =>
    into(async (db) => {
      await without(/TABLE DATA _electric_meta/)
      deepStrictEqual(await restoring(db), null)
      const [{ drift, ok }] = await rows(db, `SELECT drift, electric_schema.verify() -> 'ok' AS ok FROM electric_schema.status`)
      deepStrictEqual({ drift, ok }, { drift: '0', ok: true })
      await run('pg_restore', '-e', '--data-only', '-n', '_electric_meta', '-d', 'restored', file)
      await isSame(db, before)
    }))

  await check('half: without an index; adopt() makes the difference an entry', () =>
    into(async (db) => {
      await without(/INDEX public tasks_open /)
      const [{ missing, hint, ledger_id }] = await restoring(db)
      match(missing, /the schema here is not the one that its entries add up to/)
      match(hint, new RegExp(`CALL electric_schema.adopt\\('${ledger_id}'\\)`))
      await rejects(db.query(`CALL electric_schema.adopt('00000000-0000-4000-8000-000000000000')`), { code: 'P0002' })
      await db.query(`CALL electric_schema.adopt('${ledger_id}')`)
      deepStrictEqual(await restoring(db), null)
      const entries = await rows(db, 'SELECT seq, hash, statements, label FROM _electric_meta.migrations ORDER BY seq')
      deepStrictEqual(entries.slice(0, -1).map((e) => e.hash), before.entries.map((e) => e.hash))
      deepStrictEqual([entries.at(-1).statements, entries.at(-1).label], [['DROP INDEX public.tasks_open'], 'electric_schema.adopt()'])
      const [{ ok }] = await rows(db, `SELECT electric_schema.verify() -> 'ok' AS ok`)
      deepStrictEqual(ok, true)
      await rejects(db.query('CALL electric_schema.adopt()'), { code: 'P0002' })
    }))

  await check('half: with more than was dumped; adopt() makes the difference an entry', () =>
    into(async (db) => {
      await db.query('CREATE TABLE extra (id integer)')
      await run('pg_restore', '-e', '-d', 'restored', file)
      await db.query('CALL electric_schema.adopt()')
      const [last] = await rows(db, 'SELECT seq, statements FROM _electric_meta.migrations ORDER BY seq DESC LIMIT 1')
      deepStrictEqual([Number(last.seq), last.statements], [Number(before.head.seq) + 1, ['CREATE TABLE public.extra (id integer)']])
      const [{ ok }] = await rows(db, `SELECT electric_schema.verify() -> 'ok' AS ok`)
      deepStrictEqual(ok, true)
    }))

  await check('half: what is not wanted is discarded', () =>
    into(async (db) => {
      await db.query('CREATE EXTENSION electric_schema')
      await db.query('CREATE TABLE mine (id integer)')
      await run('pg_restore', '-e', '--data-only', '-n', '_electric_meta', '-d', 'restored', file)
      const [{ ledger_id }] = await restoring(db)
      await rejects(db.query('CALL electric_schema.discard((SELECT ledger_id FROM _electric_meta.seal))'))
      await db.query(`CALL electric_schema.discard('${ledger_id}')`)
      deepStrictEqual(await restoring(db), null)
      await rejects(db.query(`CALL electric_schema.discard('${ledger_id}')`), { code: 'P0002' })
      const [{ ok, entries }] = await rows(db, `SELECT electric_schema.verify() -> 'ok' AS ok, (SELECT count(*)::int FROM _electric_meta.migrations) AS entries`)
      deepStrictEqual({ ok, entries }, { ok: true, entries: 1 })
    }))

  await check('a ledger that is in use is not replaced without being asked', () =>
    into(async (db) => {
      await run('pg_restore', '-e', '-d', 'restored', file)
      await db.query('CREATE TABLE newer (id integer)')
      const [{ seq }] = await rows(db, 'SELECT seq FROM electric_schema.head()')
      await rejects(run('pg_restore', '-e', '--data-only', '-n', '_electric_meta', '-d', 'restored', file))
      deepStrictEqual((await rows(db, 'SELECT seq FROM electric_schema.head()'))[0].seq, seq)
    }))

  await check('a dump without a ledger is recorded', async () => {
    const bare = await recreate('dumped')
    await bare.query(`CREATE TABLE t (id serial PRIMARY KEY, state varchar CHECK (state IN ('a', 'b'))); INSERT INTO t (state) VALUES ('a')`)
    await bare.end()
    const plain = join(folder, 'bare')
    await run('pg_dump', '-Fc', '-f', plain, 'dumped')
    await into(async (db) => {
      await db.query('CREATE EXTENSION electric_schema')
      await run('pg_restore', '-e', '-d', 'restored', plain)
      const [{ ok, seq }] = await rows(db, `SELECT electric_schema.verify() -> 'ok' AS ok, seq::int FROM electric_schema.status`)
      deepStrictEqual(ok, true)
      if (seq < 1) throw new Error('nothing was recorded')
    })
  })
}
