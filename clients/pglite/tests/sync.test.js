import assert from 'node:assert/strict'
import { beforeEach, afterEach, describe, test } from 'node:test'
import { citext } from '@electric-sql/pglite/contrib/citext'
import { completeRefetch, ElectricSchemaError, outstanding, position, sync } from '../src/index.js'
import { bootstrap, chain, createDatabase, genesis, insertApplied, migrate, plan, reset } from './server.js'

const CREATE_TASKS = 'CREATE TABLE public.tasks (id bigint PRIMARY KEY, title text)'
const CREATE_NOTES = 'CREATE TABLE public.notes (id bigint PRIMARY KEY, task_id bigint REFERENCES public.tasks(id))'
const TASKS = { schema: 'public', table: 'tasks' }

let db
let baseline
let base

beforeEach(async () => {
  db = await createDatabase()
  baseline = await chain(await genesis(), [CREATE_TASKS, CREATE_NOTES])
  base = { seq: 1, hash: baseline[0].hash }
})

afterEach(() => db.close())

const answer = (given, options = {}) => sync(db, { fetchPlan: async () => given, ...options })
const bootstrapped = () => answer(bootstrap(baseline[0], [CREATE_TASKS, CREATE_NOTES]))

async function refused(promise, code) {
  let error
  await assert.rejects(promise, (e) => {
    error = e
    return true
  })
  assert.ok(error instanceof ElectricSchemaError, String(error?.stack))
  assert.equal(error.code, code, error.message)
  return error
}

/** Every relation, column and ledger row: what "unchanged" is judged by. */
async function fingerprint() {
  const { rows } = await db.query(`
    SELECT attrelid::regclass::text AS relation, attname, format_type(atttypid, atttypmod) AS type FROM pg_attribute
    JOIN pg_class c ON c.oid = attrelid WHERE relnamespace::regnamespace::text !~ '^(pg_|information_schema)' AND attnum > 0
    ORDER BY 1, attnum`)
  const meta = []
  for (const table of ['applied', 'pending', 'refetch']) {
    if (rows.some((row) => row.relation === `_electric_meta.${table}`)) {
      meta.push((await db.query(`SELECT * FROM _electric_meta.${table} ORDER BY 1`)).rows)
    }
  }
  return { rows, meta }
}

async function unchanged(body) {
  const before = await fingerprint()
  await body()
  assert.deepEqual(await fingerprint(), before)
}

async function value(query) {
  return Object.values((await db.query(query)).rows[0])[0]
}

describe('bootstrap', () => {
  test('builds the schema of a new client', async () => {
    const asked = []
    const given = bootstrap(baseline[0], [CREATE_TASKS, CREATE_NOTES], { fetch: [TASKS] })
    const report = await sync(db, {
      fetchPlan: async (at) => {
        asked.push(at)
        return given
      },
    })
    assert.deepEqual(asked, [{ hash: null, seq: null }])
    assert.deepEqual(report, {
      action: 'bootstrap',
      from: null,
      to: base,
      transactions: [{ seq: 1, statements: given.transactions[0].statements }],
      refetch: [],
      fetch: [TASKS],
      lost: [],
      pending: 0,
      complete: true,
    })
    assert.deepEqual(await position(db), base)
  })

  test('of an empty ledger records the genesis hash, and the first entry continues from it', async () => {
    const start = await genesis()
    await answer(bootstrap(start, []))
    assert.deepEqual(await position(db), { seq: 0, hash: start.hash })
    await answer(migrate(baseline))
    assert.deepEqual(await position(db), base)
  })

  test('can be asked for by a client that has a schema', async () => {
    await bootstrapped()
    const [next] = await chain(baseline[0], ['CREATE TABLE public.more ()'])
    const asked = []
    const report = await sync(db, {
      bootstrap: true,
      fetchPlan: async (at) => {
        asked.push(at)
        return bootstrap(next, ['CREATE TABLE public.more ()'])
      },
    })
    assert.deepEqual(asked, [{ hash: null, seq: null }])
    assert.deepEqual(report.from, base)
    assert.deepEqual(await position(db), { seq: 2, hash: next.hash })
  })

  test('whose record does not lead to head is rolled back', async () => {
    const given = bootstrap(baseline[0], [CREATE_TASKS])
    given.transactions[0].record = insertApplied(1, 'a'.repeat(64), null)
    await unchanged(() => refused(answer(given), 'broken_chain'))
    assert.equal(await position(db), null)
  })
})

describe('migrate', () => {
  test('applies the entries in order, twice', async () => {
    await bootstrapped()
    const entries = await chain(
      baseline[0],
      ['ALTER TABLE public.tasks ADD COLUMN due timestamptz'],
      [],
      ['CREATE TABLE public."größe" (x text DEFAULT \'it\'\'s\n🙂\')', 'CREATE INDEX ON public.tasks (due)'],
    )
    const seen = []
    const fetchPlan = async (at) => {
      seen.push(at)
      return at.hash === base.hash ? migrate(entries) : plan('ready', entries.at(-1))
    }
    const head = { seq: 4, hash: entries[2].hash }

    const first = await sync(db, { fetchPlan })
    assert.equal(first.action, 'migrate')
    assert.deepEqual([first.from, first.to], [base, head])
    assert.deepEqual(first.transactions, entries.map(({ seq, statements }) => ({ seq, statements })))

    const second = await sync(db, { fetchPlan })
    assert.equal(second.action, 'ready')
    assert.deepEqual([second.from, second.to, second.transactions], [head, head, []])
    assert.deepEqual(seen, [base, head])
    assert.equal(await value('SELECT count(*)::int FROM _electric_meta.applied'), 4)
  })

  test('runs a squashed net difference', async () => {
    await bootstrapped()
    const entries = await chain(baseline[0], [], [])
    const head = entries[1]
    await answer(
      plan('migrate', head, {
        transactions: [
          {
            squashed: true,
            statements: ['ALTER TABLE public.tasks ADD COLUMN due date'],
            record: insertApplied(head.seq, head.hash, base.hash),
          },
        ],
      }),
    )
    assert.deepEqual(await position(db), { seq: 3, hash: head.hash })
  })

  test('runs under the pinned settings, and leaves the session its own', async () => {
    await bootstrapped()
    await db.exec(`SET DateStyle = 'German'; SET search_path = public; SET TimeZone = 'Asia/Tokyo'`)
    const names = ['search_path', 'TimeZone', 'DateStyle', 'IntervalStyle', 'bytea_output', 'extra_float_digits',
      'standard_conforming_strings', 'check_function_bodies', 'lc_monetary']
    await answer(
      migrate(
        await chain(baseline[0], [
          'CREATE TABLE public.seen (name text, setting text)',
          ...names.map((name) => `INSERT INTO public.seen VALUES ('${name}', current_setting('${name}'))`),
        ]),
      ),
    )
    const { rows } = await db.query('SELECT setting FROM public.seen')
    assert.deepEqual(rows.map((row) => row.setting), ['""', 'UTC', 'ISO, MDY', 'postgres', 'hex', '1', 'on', 'off', 'C'])
    assert.equal(await value('SHOW DateStyle'), 'German, DMY')
    assert.equal(await value('SHOW search_path'), 'public')
    assert.equal(await value('SHOW TimeZone'), 'Asia/Tokyo')
  })

  test('a statement that fails half-way is rolled back, and the next sync continues before it', async () => {
    await bootstrapped()
    const entries = await chain(
      baseline[0],
      ['CREATE TABLE public.first ()'],
      ['CREATE TABLE public.second ()', 'ALTER TABLE public.tasks ADD COLUMN owner public.not_there', 'CREATE TABLE public.third ()'],
    )
    const error = await refused(answer(migrate(entries)), 'apply_failed')
    assert.equal(error.cause.code, '42704')
    assert.deepEqual(error.details, { seq: 3, statement: entries[1].statements[1] })
    assert.deepEqual(await position(db), { seq: 2, hash: entries[0].hash })
    assert.equal(await value(`SELECT to_regclass('public.second')`), null)

    await db.exec('CREATE TYPE public.not_there AS (x int)')
    await answer(migrate(entries.slice(1)))
    assert.deepEqual(await position(db), { seq: 3, hash: entries[1].hash })
  })

  test('an error at COMMIT is a failed transaction, too', async () => {
    await bootstrapped()
    await db.exec('ALTER TABLE public.notes ALTER CONSTRAINT notes_task_id_fkey DEFERRABLE INITIALLY DEFERRED')
    const entries = await chain(baseline[0], ['INSERT INTO public.notes VALUES (1, 1)'])
    const error = await refused(answer(migrate(entries)), 'apply_failed')
    assert.equal(error.cause.code, '23503')
    assert.deepEqual(await position(db), base)
  })

  test('of two syncs at once one applies the plan', async () => {
    await bootstrapped()
    const given = migrate(await chain(baseline[0], ['CREATE TABLE public.once ()']))
    const results = await Promise.allSettled([answer(given), answer(given)])
    assert.deepEqual(results.map((result) => result.status).sort(), ['fulfilled', 'rejected'])
    assert.equal(results.find((result) => result.status === 'rejected').reason.code, 'concurrent_change')
    assert.deepEqual(await position(db), { seq: 2, hash: given.head.hash })
  })
})

describe('a chain that does not hold is refused before anything is run', () => {
  const tampered = {
    seq: (entry) => ({ seq: entry.seq + 1 }),
    hash: () => ({ hash: '0'.repeat(64) }),
    parent_hash: () => ({ parent_hash: '0'.repeat(64) }),
    class: () => ({ class: 'destructive' }),
    reset_version: () => ({ reset_version: 7 }),
    schema_hash: () => ({ schema_hash: '0'.repeat(64) }),
    statements: (entry) => ({ statements: [...entry.statements, 'DROP TABLE public.tasks'] }),
    changes_digest: () => ({ changes_digest: '0'.repeat(64) }),
    private_digest: () => ({ private_digest: '0'.repeat(64) }),
  }
  test('any field of any entry', async () => {
    await bootstrapped()
    const entries = await chain(baseline[0], ['CREATE TABLE public.one ()'], ['CREATE TABLE public.two ()'])
    await unchanged(async () => {
      for (const [field, change] of Object.entries(tampered)) {
        for (const i of entries.keys()) {
          const changed = entries.map((entry, at) => (at === i ? { ...entry, ...change(entry) } : entry))
          const error = await refused(answer(plan('migrate', entries[1], { transactions: changed })), 'broken_chain')
          assert.ok(error.message, field)
        }
      }
    })
    await answer(migrate(entries))
  })

  test('gaps, other orders, other beginnings, other ends', async () => {
    await bootstrapped()
    const entries = await chain(baseline[0], ['CREATE TABLE public.one ()'], ['CREATE TABLE public.two ()'], [])
    const [one, two, three] = entries
    const foreign = await chain({ ...base, hash: 'f'.repeat(64), reset_version: 0 }, [])
    const skipping = await chain({ ...baseline[0], seq: 5 }, [])
    await unchanged(async () => {
      await refused(answer(migrate([one, three])), 'broken_chain')
      await refused(answer(migrate([two, one, three])), 'broken_chain')
      await refused(answer(migrate([two, three])), 'broken_chain')
      await refused(answer(migrate([one, one])), 'broken_chain')
      await refused(answer(migrate(foreign)), 'broken_chain')
      await refused(answer(migrate(skipping)), 'broken_chain')
      await refused(answer(plan('migrate', three, { transactions: [one, two] })), 'broken_chain')
      await refused(answer(plan('ready', one)), 'broken_chain')
    })
  })

  test('a record that leads elsewhere is rolled back', async () => {
    await bootstrapped()
    const [entry] = await chain(baseline[0], ['CREATE TABLE public.one ()'])
    await unchanged(async () => {
      await refused(answer(migrate([{ ...entry, record: 'SELECT 1' }])), 'broken_chain')
      await refused(answer(migrate([{ ...entry, record: insertApplied(2, 'b'.repeat(64), base.hash) }])), 'broken_chain')
      await refused(answer(migrate([{ ...entry, record: insertApplied(2, entry.hash, 'b'.repeat(64)) }])), 'apply_failed')
    })
  })
})

describe('a plan that is refused', () => {
  test('abort gives the reason and changes nothing', async () => {
    await bootstrapped()
    await unchanged(async () => {
      for (const reason of ['client_ahead', 'unknown_hash']) {
        const error = await refused(answer({ protocol: 1, action: 'abort', reason }), 'aborted')
        assert.equal(error.details.reason, reason)
      }
    })
  })

  test('another protocol', async () => {
    await refused(answer({ ...bootstrap(baseline[0], []), protocol: 2 }), 'protocol')
    await refused(answer({}), 'protocol')
  })

  test('malformed plans', async () => {
    await bootstrapped()
    const entries = await chain(baseline[0], ['CREATE TABLE public.one ()'])
    const [entry] = entries
    const squashed = { squashed: true, statements: [], record: 'SELECT 1' }
    const good = migrate(entries)
    await unchanged(async () => {
      for (const bad of [null, 'text', undefined, 1]) await refused(answer(bad), 'malformed_plan')
      for (const member of ['action', 'head', 'requires', 'transactions', 'refetch', 'fetch', 'after_refetch', 'lost']) {
        await refused(answer({ ...good, [member]: undefined }), 'malformed_plan')
        await refused(answer({ ...good, [member]: 'x' }), 'malformed_plan')
      }
      for (const member of ['seq', 'hash', 'parent_hash', 'class', 'reset_version', 'private_digest', 'statements', 'changes_digest', 'schema_hash', 'record']) {
        await refused(answer({ ...good, transactions: [{ ...entry, [member]: undefined }] }), 'malformed_plan')
      }
      for (const transactions of [[], [null], ['x'], [entry, squashed], [{ squashed: true, statements: [] }], [squashed, squashed],
        [{ ...entry, statements: [1] }], [{ ...entry, hash: entry.hash.toUpperCase() }]]) {
        await refused(answer({ ...good, transactions }), 'malformed_plan')
      }
      await refused(answer({ ...good, refetch: ['public.tasks'] }), 'malformed_plan')
      await refused(answer({ ...good, refetch: [TASKS] }), 'malformed_plan')
      await refused(answer(plan('ready', base, { head: { ...base, reset_version: 0 }, transactions: [squashed] })), 'malformed_plan')
      await refused(answer(plan('reset', entry, { transactions: entries })), 'malformed_plan')
      await refused(answer(plan('bootstrap', entry)), 'malformed_plan')
    })
  })

  test('anything but a bootstrap for a new client', async () => {
    await refused(answer(migrate(baseline)), 'malformed_plan')
    await refused(answer(plan('ready', baseline[0])), 'malformed_plan')
    assert.equal(await position(db), null)
  })

  test('extensions and collations that this PGlite cannot offer', async () => {
    const requires = { extensions: ['plpgsql', 'vector', 'citext'], collations: [], server_version: 150020 }
    await unchanged(async () => {
      const error = await refused(answer(bootstrap(baseline[0], [CREATE_TASKS], { requires })), 'missing_extension')
      assert.deepEqual(error.details, { extensions: ['citext', 'vector'] })
      const collations = { extensions: [], collations: ['C', 'pg_catalog.C', 'public.german'], server_version: 150020 }
      const other = await refused(answer(bootstrap(baseline[0], [], { requires: collations })), 'missing_collation')
      assert.deepEqual(other.details, { collations: ['public.german'] })
    })
    const able = await createDatabase({ extensions: { citext } })
    const given = bootstrap(baseline[0], ['CREATE EXTENSION IF NOT EXISTS citext SCHEMA public', 'CREATE TABLE public.t (x public.citext)'], {
      requires: { ...requires, extensions: ['citext'] },
    })
    assert.equal((await sync(able, { fetchPlan: async () => given })).complete, true)
    await able.close()
  })

  test('what fetchPlan throws comes through as it is', async () => {
    const offline = new TypeError('fetch failed')
    await assert.rejects(sync(db, { fetchPlan: () => Promise.reject(offline) }), (error) => error === offline)
  })

  test('a position that is not one is said so', async () => {
    await bootstrapped()
    await db.exec(insertApplied(9, 'c'.repeat(64), null))
    await refused(position(db), 'broken_position')
    await refused(answer(plan('ready', baseline[0])), 'broken_position')
  })
})

describe('reset', () => {
  const ADD_FK = 'ALTER TABLE public.notes ADD CONSTRAINT notes_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.tasks(id)'
  let head
  let given

  beforeEach(async () => {
    await bootstrapped()
    await db.exec(`INSERT INTO public.tasks VALUES (1, 'a'); INSERT INTO public.notes VALUES (1, 1)`)
    ;[, head] = await chain(baseline[0], [], [])
    head.reset_version = 1
    given = reset(base, head, {
      before: [['CREATE TYPE public.mood AS ENUM ()'], [`ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'sad'`]],
      statements: [
        'ALTER TABLE public.notes DROP CONSTRAINT notes_task_id_fkey',
        'DROP TABLE public.tasks',
        `CREATE TABLE public.tasks (id bigint PRIMARY KEY, title text NOT NULL, mood public.mood DEFAULT 'sad')`,
      ],
      refetch: [TASKS],
      afterRefetch: [ADD_FK, `COMMENT ON TABLE public.notes IS 'it''s "done"'`],
      lost: [{ ...TASKS, what: 'unsynced rows' }],
    })
  })

  const download = async (tables) => {
    assert.deepEqual(tables, [TASKS])
    await db.exec(`INSERT INTO public.tasks VALUES (1, 'b') ON CONFLICT DO NOTHING`)
  }
  const finished = async () => {
    assert.deepEqual(await outstanding(db), { tables: [], statements: [] })
    assert.equal(await value(`SELECT obj_description('public.notes'::regclass)`), `it's "done"`)
    assert.equal(await value(`SELECT convalidated FROM pg_constraint WHERE conname = 'notes_task_id_fkey'`), true)
    assert.deepEqual(await position(db), { seq: 3, hash: head.hash })
  }

  test('with a callback finishes in one sync', async () => {
    const report = await answer(given, { refetch: download })
    assert.deepEqual(
      { ...report, transactions: report.transactions.length },
      {
        action: 'reset',
        from: base,
        to: { seq: 3, hash: head.hash },
        transactions: 3,
        refetch: [TASKS],
        fetch: [],
        lost: [{ ...TASKS, what: 'unsynced rows' }],
        pending: 0,
        complete: true,
      },
    )
    await finished()
  })

  test('without a callback leaves the rest to the application', async () => {
    const report = await answer(given)
    assert.deepEqual([report.pending, report.complete, report.refetch], [2, false, [TASKS]])
    assert.deepEqual(await outstanding(db), { tables: [TASKS], statements: given.after_refetch })

    const again = await answer(plan('ready', head))
    assert.deepEqual([again.action, again.pending, again.complete, again.refetch], ['ready', 2, false, [TASKS]])

    await download([TASKS])
    assert.deepEqual(await completeRefetch(db), { statements: 2 })
    await finished()
    assert.deepEqual(await completeRefetch(db), { statements: 0 })
  })

  test('that only empties tables is unfinished until they are downloaded', async () => {
    const bare = reset(base, head, { statements: ['DELETE FROM public.notes', 'DELETE FROM public.tasks'], refetch: [TASKS], afterRefetch: [] })
    const report = await answer(bare)
    assert.deepEqual([report.pending, report.complete], [0, false])
    const again = await answer(plan('ready', head), { refetch: download })
    assert.deepEqual([again.complete, again.refetch], [true, [TASKS]])
  })

  test('a crash in the download is made good by the next sync', async () => {
    const offline = new Error('offline')
    const error = await refused(answer(given, { refetch: () => Promise.reject(offline) }), 'refetch_failed')
    assert.equal(error.cause, offline)
    assert.deepEqual(await position(db), { seq: 3, hash: head.hash })

    const report = await answer(plan('ready', head), { refetch: download })
    assert.deepEqual([report.pending, report.complete, report.refetch], [0, true, [TASKS]])
    await finished()
  })

  test('rows that a waiting statement needs and does not find are downloaded again', async () => {
    const error = await refused(answer(given, { refetch: async () => {} }), 'apply_failed')
    assert.equal(error.cause.code, '23503')
    assert.deepEqual(error.details, { pending: 1, statement: ADD_FK })
    assert.deepEqual(await outstanding(db), { tables: [TASKS], statements: given.after_refetch })
    await answer(plan('ready', head), { refetch: download })
    await finished()
  })

  test('a crash between two waiting statements runs the first one once', async () => {
    await answer(given)
    await download([TASKS])
    await db.exec(`UPDATE _electric_meta.pending SET statement = 'SELECT 1/0' WHERE ordinal = 2`)
    await refused(completeRefetch(db), 'apply_failed')
    assert.deepEqual(await outstanding(db), { tables: [TASKS], statements: ['SELECT 1/0'] })
    await db.query('UPDATE _electric_meta.pending SET statement = $1', [given.after_refetch[1]])
    await answer(plan('ready', head), { refetch: download })
    await finished()
  })

  test('a crash between the transactions of a reset starts over', async () => {
    const [type, , last] = given.transactions
    const cut = structuredClone(given)
    cut.transactions = [type, { squashed: true, statements: ['SELECT 1/0'] }, last]
    await refused(answer(cut), 'apply_failed')
    assert.deepEqual(await position(db), base)
    const rest = { ...given, transactions: given.transactions.slice(1) }
    await answer(rest, { refetch: download })
    await finished()
  })

  test('is finished before a further migration', async () => {
    await answer(given)
    const next = migrate(await chain(head, ['ALTER TABLE public.notes DROP CONSTRAINT notes_task_id_fkey']))
    await unchanged(async () => {
      const error = await refused(answer(next), 'refetch_pending')
      assert.deepEqual(error.details, { refetch: [TASKS], pending: 2 })
    })
    const report = await answer(next, { refetch: download })
    assert.deepEqual([report.action, report.complete, report.refetch], ['migrate', true, []])
    assert.deepEqual(await position(db), { seq: 4, hash: next.head.hash })
  })

  test('is finished before a further reset', async () => {
    await answer(given)
    const [further] = await chain(head, [])
    const next = reset(head, further, {
      statements: ['ALTER TABLE public.notes DROP CONSTRAINT notes_task_id_fkey', 'DELETE FROM public.tasks'],
      refetch: [TASKS],
      afterRefetch: [ADD_FK],
    })
    await unchanged(() => refused(answer(next), 'refetch_pending'))
    let downloads = 0
    const report = await answer(next, {
      refetch: async (tables) => {
        downloads++
        await download(tables)
      },
    })
    assert.deepEqual([downloads, report.complete, report.pending], [2, true, 0])
    assert.deepEqual(await position(db), { seq: 4, hash: further.hash })
  })

  test('is replaced by a bootstrap', async () => {
    await answer(given)
    const anew = bootstrap(head, ['DROP TABLE public.notes, public.tasks', CREATE_TASKS, CREATE_NOTES])
    const report = await answer(anew, { bootstrap: true })
    assert.deepEqual([report.action, report.complete], ['bootstrap', true])
    assert.deepEqual(await outstanding(db), { tables: [], statements: [] })
    assert.deepEqual(await position(db), { seq: 3, hash: head.hash })
  })

  test('that fails is rolled back as a whole', async () => {
    const failing = reset(base, head, {
      statements: ['ALTER TABLE public.notes DROP CONSTRAINT notes_task_id_fkey', 'DROP TABLE public.tasks', 'SELECT 1/0'],
      refetch: [TASKS],
      afterRefetch: [ADD_FK],
    })
    await unchanged(() => refused(answer(failing), 'apply_failed'))
    assert.equal(await value('SELECT title FROM public.tasks'), 'a')
  })
})
