import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { live } from '@electric-sql/pglite/live'
import { buildSeed } from '../cli/build.js'
import { loadExtensions } from '../cli/extensions.js'
import { ElectricSchemaError, position, schemaHash, sync } from '../src/index.js'
import { allowWrites, seedState } from '../src/seed.js'
import { archive, members } from '../src/tar.js'
import { bootstrap, chain, genesis, insertApplied, migrate, plan, reset } from './server.js'

const SCHEMA = [
  'CREATE SCHEMA "größe ""s"""',
  'CREATE TABLE public.tasks (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text)',
  'CREATE TABLE "größe ""s"""."t \'1" (id serial, at date) PARTITION BY RANGE (at)',
  'CREATE TABLE "größe ""s""".part PARTITION OF "größe ""s"""."t \'1" DEFAULT',
  'CREATE VIEW public.titles AS SELECT title FROM public.tasks',
]

let head
let snapshot
let seed
let portable

before(async () => {
  ;[head] = await chain(await genesis(), SCHEMA)
  snapshot = bootstrap(head, SCHEMA, { schema_hash: await schemaHash([SCHEMA]) })
  ;[seed, portable] = [await buildSeed(snapshot), await buildSeed(snapshot, { anyServer: true })]
})

async function withSeed({ tar }, body, options = {}) {
  const db = await PGlite.create({ ...options, loadDataDir: new Blob([tar]) })
  try {
    return await body(db)
  } finally {
    await db.close()
  }
}

async function rejects(promise, code) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.code, code, error.message)
    return true
  })
}

const refused = (db, statement) => rejects(db.exec(statement), '25006')

describe('a seed', () => {
  test('is at the position that its snapshot has', async () => {
    assert.deepEqual(seed.position, { seq: head.seq, hash: head.hash })
    await withSeed(seed, async (db) => {
      assert.deepEqual(await position(db), seed.position)
      assert.deepEqual((await db.query('SELECT parent_hash FROM _electric_meta.applied')).rows, [{ parent_hash: null }])
    })
  })

  test('for any server is at the hash of its schema', async () => {
    assert.deepEqual(portable.position, { seq: 0, hash: snapshot.schema_hash })
    await withSeed(portable, async (db) => assert.deepEqual(await position(db), portable.position))
  })

  test('leaves out what a client has no use for, and is complete with its last file', () => {
    const names = members(seed.tar).map(({ name }) => name)
    assert.equal(names.at(-1), '/PG_VERSION')
    assert.equal(names.filter((name) => /^\/pg_wal\/[0-9A-F]{24}$/.test(name)).length, 1)
    assert.equal(names.filter((name) => /^\/base\/\d+$/.test(name)).length, 1)
    assert.ok(!names.includes('/postmaster.pid'))
  })

  test('refuses writes to every distributed table, and to nothing else', async () => {
    await withSeed(
      seed,
      async (db) => {
        await refused(db, `INSERT INTO public.tasks (title) VALUES ('x')`)
        await refused(db, `INSERT INTO public.titles VALUES ('x')`)
        await refused(db, `UPDATE public.tasks SET title = 'x'`)
        await refused(db, 'DELETE FROM public.tasks')
        await refused(db, 'TRUNCATE public.tasks')
        await refused(db, `INSERT INTO "größe ""s"""."t '1" (at) VALUES (now())`)
        await refused(db, `INSERT INTO "größe ""s""".part (at) VALUES (now())`)
        await refused(db, `MERGE INTO public.tasks USING (SELECT 1) s ON false WHEN NOT MATCHED THEN INSERT (title) VALUES ('x')`)
        await rejects(db.query(`COPY public.tasks (title) FROM '/dev/blob'`, [], { blob: new Blob(['x\n']) }), '25006')

        assert.deepEqual((await db.query('SELECT * FROM public.tasks')).rows, [])
        await db.exec('CREATE SCHEMA mine; CREATE TABLE mine.drafts (id int); INSERT INTO mine.drafts VALUES (1)')
        const watched = await db.live.query('SELECT * FROM public.tasks')
        assert.deepEqual(watched.initialResults.rows, [])
        await watched.unsubscribe()
      },
      { extensions: { live } },
    )
  })

  test('keeps refusing after it was closed and opened again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seed-'))
    try {
      await withSeed(seed, async () => {}, { dataDir: folder })
      const db = await PGlite.create(folder)
      await refused(db, 'DELETE FROM public.tasks')
      await db.close()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('whose copying was interrupted is copied anew', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seed-'))
    try {
      // As much as was there when it was interrupted: Postgres does not start with it.
      const half = new Blob([archive(members(seed.tar).slice(0, 200))])
      await assert.rejects(PGlite.create(folder, { loadDataDir: half }))
      await withSeed(seed, async (db) => assert.deepEqual(await position(db), seed.position), { dataDir: folder })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('needs the extensions that its schema needs', async () => {
    const lacking = { ...snapshot, requires: { ...snapshot.requires, extensions: ['no_such_thing'] } }
    await rejects(buildSeed(lacking), 'missing_extension')
    await assert.rejects(buildSeed(snapshot, { extensions: ['no_such_thing'] }), /PGlite has no extension no_such_thing/)
    await assert.rejects(buildSeed(snapshot, { extensions: ['vector=./nowhere.js'] }), /no extension vector in .\/nowhere.js/)
    const loaded = await loadExtensions(['citext', 'uuid-ossp', 'no_such_thing'], ['pg_trgm', 'ltree=@electric-sql/pglite/contrib/ltree'])
    assert.deepEqual(Object.keys(loaded), ['citext', 'uuid_ossp', 'pg_trgm', 'ltree'])
  })
})

describe('the first sync of a seed', () => {
  test('allows writes', async () => {
    await withSeed(seed, async (db) => {
      assert.deepEqual(await seedState(db), { refusesWrites: true })
      await sync(db, { fetchPlan: async () => plan('ready', head) })
      assert.equal(await seedState(db), null)
      await db.exec(`INSERT INTO public.titles VALUES ('x'); INSERT INTO "größe ""s""".part (at) VALUES (now())`)
      assert.deepEqual((await db.query('SELECT id, title FROM public.tasks')).rows, [{ id: 1, title: 'x' }])
      assert.deepEqual((await db.query('SELECT tgname FROM pg_trigger WHERE NOT tgisinternal')).rows, [])
      assert.deepEqual((await db.query(`SELECT proname FROM pg_proc WHERE proname = 'refuse_writes'`)).rows, [])
    })
  })

  test('that fails leaves it a seed', async () => {
    const [next] = await chain(head, ['ALTER TABLE public.tasks ADD COLUMN due date', 'SELECT 1/0'])
    await withSeed(seed, async (db) => {
      await rejects(sync(db, { fetchPlan: async () => migrate([next]) }), 'apply_failed')
      await refused(db, 'DELETE FROM public.tasks')
    })
  })

  test('goes on from the hash of the schema', async () => {
    const [next] = await chain(head, ['ALTER TABLE public.tasks ADD COLUMN due date'])
    await withSeed(portable, async (db) => {
      const squashed = {
        squashed: true,
        statements: next.statements,
        record: insertApplied(next.seq, next.hash, snapshot.schema_hash),
      }
      const asked = []
      const fetchPlan = async (at) => {
        asked.push(at)
        return plan('migrate', next, { transactions: [squashed] })
      }
      await sync(db, { fetchPlan })
      assert.deepEqual(asked, [{ seq: 0, hash: snapshot.schema_hash }])
      assert.deepEqual(await position(db), { seq: next.seq, hash: next.hash })
      await db.exec(`INSERT INTO public.tasks (title, due) VALUES ('x', now())`)
    })
  })

  test('downloads rows when the server has reset its tables', async () => {
    const [next] = await chain(head, ['DROP TABLE public.tasks CASCADE'])
    const given = reset(head, next, {
      statements: ['DROP VIEW public.titles', 'DROP TABLE public.tasks', 'CREATE TABLE public.tasks (id uuid)'],
      refetch: [{ schema: 'public', table: 'tasks' }],
      afterRefetch: [],
    })
    await withSeed(seed, async (db) => {
      const refetch = () => db.exec('INSERT INTO public.tasks VALUES (gen_random_uuid())')
      assert.equal((await sync(db, { fetchPlan: async () => given, refetch })).complete, true)
    })
  })

  const forgotten = { protocol: 1, action: 'abort', reason: 'unknown_hash' }

  test('builds anew where the server does not know it', async () => {
    const [other] = await chain(await genesis(), ['CREATE TABLE public.other (id int)'])
    const asked = []
    const fetchPlan = async (at) => {
      asked.push(at.hash)
      return at.hash ? forgotten : bootstrap(other, ['DROP TABLE public.tasks CASCADE', 'CREATE TABLE public.other (id int)'])
    }
    await withSeed(seed, async (db) => {
      const report = await sync(db, { fetchPlan })
      assert.deepEqual(asked, [head.hash, null])
      assert.equal(report.action, 'bootstrap')
      assert.deepEqual(report.from, seed.position)
      assert.deepEqual(await position(db), { seq: other.seq, hash: other.hash })
      await db.exec('INSERT INTO public.other VALUES (1)')
    })
  })

  test('does not build anew what may hold rows', async () => {
    const asked = []
    const fetchPlan = async (at) => {
      asked.push(at.hash)
      return forgotten
    }
    await withSeed(seed, async (db) => {
      await allowWrites(db)
      await db.exec(`INSERT INTO public.tasks (title) VALUES ('mine')`)
      assert.deepEqual(await seedState(db), { refusesWrites: false })
      await assert.rejects(sync(db, { fetchPlan }), (error) => error instanceof ElectricSchemaError && error.code === 'aborted')
      assert.deepEqual(asked, [head.hash])
      assert.deepEqual((await db.query('SELECT title FROM public.tasks')).rows, [{ title: 'mine' }])
    })
  })
})
