import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { citext } from '@electric-sql/pglite/contrib/citext'
import { live } from '@electric-sql/pglite/live'
import { check, ElectricSchemaError, position, sync } from '../src/index.js'
import { bootstrap, chain, createDatabase, genesis, migrate, reset } from './server.js'

const SCHEMA = [
  'CREATE SCHEMA IF NOT EXISTS "Größe ""x"""',
  `CREATE TYPE public.mood AS ENUM ('sad', 'happy')`,
  'CREATE DOMAIN public.short AS text CONSTRAINT short_check CHECK (length(VALUE) < 10)',
  'CREATE TYPE public.point2 AS (x integer, y integer)',
  'CREATE SEQUENCE public.numbers AS integer',
  `CREATE FUNCTION public.twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 2'`,
  `CREATE TABLE public.tasks (id bigint NOT NULL GENERATED ALWAYS AS IDENTITY, title text DEFAULT 'it''s'::text NOT NULL, mood public.mood,
   code public.short, n integer DEFAULT nextval('public.numbers'::regclass), CONSTRAINT tasks_pkey PRIMARY KEY (id),
   CONSTRAINT tasks_n_check CHECK ((public.twice(n) > 0)), CONSTRAINT tasks_title_key UNIQUE (title))`,
  'CREATE INDEX tasks_lower ON public.tasks USING btree (lower(title)) WHERE (n > 1)',
  'CREATE TABLE "Größe ""x"""."no ""tes" (id integer NOT NULL, task_id bigint, "a b" integer, CONSTRAINT notes_pkey PRIMARY KEY (id))',
  `ALTER TABLE "Größe ""x"""."no ""tes" ADD CONSTRAINT notes_task FOREIGN KEY (task_id) REFERENCES public.tasks(id)`,
  'CREATE VIEW public.titles AS SELECT tasks.id, tasks.title FROM public.tasks',
  'CREATE MATERIALIZED VIEW public.moods AS SELECT tasks.mood, count(*) AS n FROM public.tasks GROUP BY tasks.mood WITH NO DATA',
  'CREATE UNIQUE INDEX moods_mood ON public.moods USING btree (mood)',
]
const NOTES = '"Größe ""x"""."no ""tes"'

let db
let head
let snapshot

beforeEach(async () => {
  db = await createDatabase()
  ;[head] = await chain(await genesis(), SCHEMA)
  snapshot = bootstrap(head, SCHEMA)
  await sync(db, { fetchPlan: async () => snapshot })
})

afterEach(() => db.close())

const checked = (given = snapshot, on = db) => check(on, { fetchSnapshot: async () => given })

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

async function fine(given, on) {
  const report = await checked(given, on)
  assert.deepEqual({ ...report, at: null }, { at: null, ok: true, extra: [], missing: [], different: [], remedy: null, pending: [] })
}

/** The names of what is wrong, each with a sign. */
async function wrong(on) {
  const { ok, extra, missing, different } = await checked(snapshot, on)
  const names = [
    ...extra.map(({ object }) => `+ ${object}`),
    ...missing.map(({ object }) => `- ${object}`),
    ...different.map(({ object }) => `! ${object}`),
  ]
  assert.equal(ok, names.length === 0)
  return names
}

/** All that the catalogs say of what initdb did not make, by OID: whatever was made anew would show. */
async function fingerprint(on = db) {
  const tables = ['namespace', 'class', 'type', 'proc', 'constraint', 'attrdef', 'enum', 'rewrite', 'extension', 'trigger'].map((name) => [`pg_${name}`, 'oid'])
  const sums = {}
  for (const [table, oid] of [...tables, ['pg_attribute', 'attrelid'], ['pg_index', 'indexrelid'], ['pg_depend', 'objid']]) {
    // What VACUUM and ANALYZE keep in pg_class is not the schema's.
    sums[table] = (await on.query(
      `SELECT md5(string_agg((to_jsonb(t) - '{relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid}'::text[])::text, ','
         ORDER BY t.${oid}, to_jsonb(t)))
       FROM pg_catalog.${table} t WHERE t.${oid} >= 16384 OR t.${oid} = 'public'::regnamespace`,
    )).rows[0].md5
  }
  return sums
}

/** Gives a database whose transactions are savepoints of one that is rolled back. */
async function undone(body) {
  const undo = new Error('undone')
  await assert.rejects(
    db.transaction(async (tx) => {
      const exec = (text) => tx.exec(text)
      const transaction = async (callback) => {
        await exec('SAVEPOINT before')
        try {
          return await callback(tx)
        } catch (error) {
          await exec('ROLLBACK TO before')
          throw error
        }
      }
      await body({ query: (text, parameters) => tx.query(text, parameters), exec, transaction })
      throw undo
    }),
    (error) => error === undo || assert.fail(error),
  )
}

const rows = async (table) => (await db.query(`SELECT * FROM ${table}`)).rows

test('a schema that is what it must be', async () => {
  const report = await check(db, {
    fetchSnapshot: async (asked) => {
      assert.deepEqual(asked, { hash: head.hash })
      return snapshot
    },
  })
  assert.deepEqual(report, {
    at: { seq: 1, hash: head.hash },
    ok: true,
    extra: [],
    missing: [],
    different: [],
    remedy: null,
    pending: [],
  })
})

describe('what is wrong is named', () => {
  const cases = {
    'a table of the own': ['CREATE TABLE public."My drafts" (id serial PRIMARY KEY, x int UNIQUE CHECK (x > 1))', '+ table public."My drafts"'],
    'a table in another schema that is distributed': ['CREATE TABLE "Größe ""x""".own (id int)', '+ table "Größe ""x""".own'],
    'a view of the own': ['CREATE VIEW public.own AS SELECT * FROM public.tasks', '+ view public.own'],
    'a type of the own': ['CREATE TYPE public.own AS (x int)', '+ type public.own'],
    'a function of the own': ['CREATE FUNCTION public.own(int) RETURNS int RETURN 1', '+ function public.own(integer)'],
    'a sequence of the own': ['CREATE SEQUENCE public.own', '+ sequence public.own'],
    'an extra column': [`ALTER TABLE ${NOTES} ADD COLUMN "x y" int`, `+ column ${NOTES}."x y"`],
    'an extra serial column': ['ALTER TABLE public.tasks ADD COLUMN x serial', '+ column public.tasks.x'],
    'an extra index': ['CREATE INDEX own ON public.tasks (mood)', '+ index public.tasks.own'],
    'an extra constraint': ['ALTER TABLE public.tasks ADD CONSTRAINT own UNIQUE (code)', '+ constraint public.tasks.own'],
    'a missing table': ['DROP TABLE public.tasks CASCADE', `- table public.tasks`, `- constraint ${NOTES}.notes_task`, '- view public.titles', '- materialized view public.moods'],
    'a missing schema': ['DROP SCHEMA "Größe ""x""" CASCADE', '- schema "Größe ""x"""'],
    'a missing column': ['ALTER TABLE public.tasks DROP COLUMN code', '- column public.tasks.code'],
    'a missing index': ['DROP INDEX public.tasks_lower', '- index public.tasks.tasks_lower'],
    'a missing constraint': ['ALTER TABLE public.tasks DROP CONSTRAINT tasks_title_key', '- constraint public.tasks.tasks_title_key'],
    'a missing function': ['DROP FUNCTION public.twice CASCADE', '- constraint public.tasks.tasks_n_check', '- function public.twice(n integer)'],
    'a missing materialized view': ['DROP MATERIALIZED VIEW public.moods', '- materialized view public.moods'],
    'another default': [`ALTER TABLE public.tasks ALTER title SET DEFAULT 'its'`, '! column public.tasks.title'],
    'no default': ['ALTER TABLE public.tasks ALTER n DROP DEFAULT', '! column public.tasks.n'],
    'nullable': ['ALTER TABLE public.tasks ALTER title DROP NOT NULL', '! column public.tasks.title'],
    'no identity': ['ALTER TABLE public.tasks ALTER id DROP IDENTITY', '! column public.tasks.id'],
    'another type': ['ALTER TABLE public.tasks ALTER code TYPE text', '! column public.tasks.code'],
    'another check': [
      'ALTER TABLE public.tasks DROP CONSTRAINT tasks_n_check, ADD CONSTRAINT tasks_n_check CHECK ((public.twice(n) > 1))',
      '! constraint public.tasks.tasks_n_check',
    ],
    'a check that is not validated': [
      'ALTER TABLE public.tasks DROP CONSTRAINT tasks_n_check, ADD CONSTRAINT tasks_n_check CHECK ((public.twice(n) > 0)) NOT VALID',
      '! constraint public.tasks.tasks_n_check',
    ],
    'another unique constraint': [
      'ALTER TABLE public.tasks DROP CONSTRAINT tasks_title_key, ADD CONSTRAINT tasks_title_key UNIQUE (code)',
      '! constraint public.tasks.tasks_title_key',
    ],
    'another foreign key': [
      `ALTER TABLE ${NOTES} DROP CONSTRAINT notes_task, ADD CONSTRAINT notes_task FOREIGN KEY (task_id) REFERENCES public.tasks(id) ON DELETE CASCADE`,
      `! constraint ${NOTES}.notes_task`,
    ],
    'another index': ['DROP INDEX public.tasks_lower; CREATE INDEX tasks_lower ON public.tasks (upper(title))', '! index public.tasks.tasks_lower'],
    'an enum value': [`ALTER TYPE public.mood ADD VALUE 'so so' BEFORE 'happy'`, '! enum public.mood'],
    'a domain': ['ALTER DOMAIN public.short SET NOT NULL', '! domain public.short'],
    'an attribute': ['ALTER TYPE public.point2 ADD ATTRIBUTE z int', '+ column public.point2.z'],
    'a sequence': ['ALTER SEQUENCE public.numbers INCREMENT 2', '! sequence public.numbers'],
    'a function': [`CREATE OR REPLACE FUNCTION public.twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n + n'`, '! function public.twice(n integer)'],
    'a view': ['CREATE OR REPLACE VIEW public.titles AS SELECT id, title, mood FROM public.tasks', '! view public.titles'],
    'an index of a materialized view': ['DROP INDEX public.moods_mood', '- index public.moods.moods_mood'],
    'a renamed column': ['ALTER TABLE public.tasks RENAME code TO "Code"', '+ column public.tasks."Code"', '- column public.tasks.code'],
    'a table that is a view': [
      `DROP TABLE ${NOTES}; CREATE VIEW ${NOTES} AS SELECT 1 AS id`,
      `+ view ${NOTES}`, `- table ${NOTES}`,
    ],
    'an unlogged table': [`ALTER TABLE ${NOTES} SET UNLOGGED`, `! table ${NOTES}`],
    'columns in another order': [
      `ALTER TABLE ${NOTES} DROP COLUMN task_id; ALTER TABLE ${NOTES} ADD COLUMN task_id bigint CONSTRAINT notes_task REFERENCES public.tasks(id)`,
      `! table ${NOTES}`,
    ],
  }
  // One database for all, because opening one takes longer than a check: each case is undone.
  test('exactly', async () => {
    for (const [name, [breaking, ...names]] of Object.entries(cases)) {
      await undone(async (tx) => {
        await tx.exec(breaking)
        const before = await fingerprint(tx)
        assert.deepEqual((await wrong(tx)).sort(), names.sort(), name)
        assert.deepEqual(await fingerprint(tx), before, name)
      })
    }
  })

  test('with what it must be, and what it is', async () => {
    await db.exec(`ALTER TABLE public.tasks ALTER title SET DEFAULT 'its'; DROP INDEX public.tasks_lower; CREATE TABLE public.own ()`)
    const { extra, missing, different, remedy } = await checked()
    assert.deepEqual(different, [
      { object: 'column public.tasks.title', expected: `text not null default 'it''s'::text`, actual: `text not null default 'its'::text` },
    ])
    assert.deepEqual(missing, [
      { object: 'index public.tasks.tasks_lower', expected: 'CREATE INDEX tasks_lower ON public.tasks USING btree (lower(title)) WHERE (n > 1)' },
    ])
    assert.deepEqual(extra, [{ object: 'table public.own', actual: '' }])
    assert.deepEqual(remedy, { bootstrap: true, own: ['table public.own'] })
  })

  test('and a bootstrap is not offered for what it would leave alone', async () => {
    await db.exec('CREATE TABLE public.own (id int)')
    assert.deepEqual((await checked()).remedy, { bootstrap: false, own: ['table public.own'] })
    await db.exec('DROP TABLE public.own; CREATE INDEX own ON public.tasks (n)')
    assert.deepEqual((await checked()).remedy, { bootstrap: true, own: [] })
  })
})

describe("the client's own is left alone", () => {
  test('in other schemas: tables, foreign keys, views, types; triggers and what they call anywhere', async () => {
    await db.exec(`
      CREATE SCHEMA own;
      CREATE TABLE own.drafts (id int PRIMARY KEY, task_id bigint REFERENCES public.tasks(id), mood public.mood, whole public.tasks);
      CREATE VIEW own.titles AS SELECT t.* FROM public.titles t JOIN own.drafts d ON d.task_id = t.id;
      CREATE TABLE own.heir () INHERITS (${NOTES});
      CREATE FUNCTION public.log_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER log_change AFTER INSERT OR UPDATE ON public.tasks FOR EACH ROW EXECUTE FUNCTION public.log_change();
      CREATE TEMPORARY TABLE scratch (id bigint, mood public.mood);
      COMMENT ON TABLE public.tasks IS 'mine';
      INSERT INTO public.tasks (title, mood) VALUES ('a', 'happy');
      INSERT INTO own.drafts SELECT 1, t.id, t.mood, t FROM public.tasks t;
      INSERT INTO own.heir VALUES (1, 1, 1);
      INSERT INTO scratch SELECT id, mood FROM public.tasks;
      REFRESH MATERIALIZED VIEW public.moods;
    `)
    const before = await fingerprint()
    await fine()
    assert.deepEqual(await fingerprint(), before)
    const tables = ['public.tasks', 'own.drafts', 'own.titles', 'own.heir', 'scratch', 'public.moods', NOTES]
    for (const table of tables) assert.equal((await rows(table)).length, 1, table)
    await assert.rejects(db.exec('INSERT INTO own.drafts (id, task_id) VALUES (2, 77)'), { code: '23503' })
  })

  test('what is prepared stays prepared, sequences go on, and settings are what they were', async () => {
    await db.exec(`
      SET search_path = own, public; SET DateStyle = 'German'; SET default_transaction_read_only = on;
      PREPARE titles (bigint) AS SELECT title FROM public.tasks WHERE id = $1;
    `)
    await db.exec(`BEGIN READ WRITE; INSERT INTO public.tasks (title) VALUES ('a'); EXECUTE titles(1); COMMIT`)
    await fine()
    const [{ rows: titles }] = await db.exec('EXECUTE titles(1)')
    assert.deepEqual(titles, [{ title: 'a' }])
    await db.exec(`BEGIN READ WRITE; INSERT INTO public.tasks (title) VALUES ('b'); COMMIT`)
    assert.deepEqual((await rows('public.tasks')).map(({ id, n }) => [id, n]), [[1, 1], [2, 2]])
    for (const [name, value] of [['search_path', 'own, public'], ['DateStyle', 'German, DMY'], ['transaction_read_only', 'on'], ['client_min_messages', 'notice']]) {
      assert.equal((await db.query('SELECT current_setting($1) AS value', [name])).rows[0].value, value)
    }
  })

  test('live queries go on, and what they make in public is not called extra', async () => {
    const alive = await createDatabase({ extensions: { live } })
    await sync(alive, { fetchPlan: async () => snapshot })
    let seen
    const query = await alive.live.query('SELECT id FROM public.titles', [], ({ rows }) => (seen = rows.length))
    await fine(snapshot, alive)
    const changed = new Promise((resolve) => query.subscribe(({ rows }) => rows.length === 1 && resolve()))
    await alive.exec(`INSERT INTO public.tasks (title) VALUES ('a')`)
    await changed
    assert.equal(seen, 1)
    await alive.close()
  })

  test('beside an extension, which stays where it is', async () => {
    const able = await createDatabase({ extensions: { citext } })
    const statements = [
      'CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public',
      ...SCHEMA,
      'CREATE TYPE public.span AS RANGE (subtype = integer, multirange_type_name = public.spans)',
      'CREATE TABLE public.people (email public.citext, seen public.spans)',
      'CREATE TABLE public.parts (k integer) PARTITION BY LIST (k)',
    ]
    const given = bootstrap(head, statements)
    await sync(able, { fetchPlan: async () => given })
    await able.exec(`
      CREATE SCHEMA own; CREATE TABLE own.mail (email public.citext, task_id bigint REFERENCES public.tasks(id));
      INSERT INTO public.people VALUES ('A@b.c', '{[1,2)}'); INSERT INTO own.mail VALUES ('A@b.c', NULL);
    `)
    const report = await check(able, { fetchSnapshot: async () => given })
    assert.equal(report.ok, true, JSON.stringify(report))
    assert.equal((await able.query(`SELECT count(*)::int AS n FROM public.people JOIN own.mail USING (email) WHERE email = 'a@B.C'`)).rows[0].n, 1)

    await able.exec('DROP EXTENSION citext CASCADE')
    const { missing, extra, different } = await check(able, { fetchSnapshot: async () => given })
    assert.deepEqual(missing.map(({ object }) => object), ['column public.people.email', 'extension citext'])
    assert.deepEqual([extra, different], [[], []])
    await able.close()
  })
})

describe('a client that came another way', () => {
  test('by an enum value that was added in place', async () => {
    const more = await chain(
      head,
      [`ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'so so' BEFORE 'happy'`],
      [`ALTER TABLE public.tasks ADD COLUMN worst public.mood DEFAULT 'so so'`],
    )
    await sync(db, { fetchPlan: async () => migrate(more) })
    await fine(bootstrap(more[1], [
      ...SCHEMA.map((statement) => statement.replace(`'sad', 'happy'`, `'sad', 'so so', 'happy'`)),
      `ALTER TABLE public.tasks ADD COLUMN worst public.mood DEFAULT 'so so'::public.mood`,
    ]))
  })

  test('and has not finished a reset', async () => {
    const ADD_KEY = `ALTER TABLE ${NOTES} ADD CONSTRAINT notes_task FOREIGN KEY (task_id) REFERENCES public.tasks(id)`
    const [next] = await chain(head, [])
    const given = reset(head, next, {
      statements: [`ALTER TABLE ${NOTES} DROP CONSTRAINT notes_task`],
      refetch: [{ schema: 'public', table: 'tasks' }],
      afterRefetch: [ADD_KEY],
    })
    await db.exec(`INSERT INTO public.tasks (title) VALUES ('a'); INSERT INTO ${NOTES} VALUES (1, 1)`)
    await sync(db, { fetchPlan: async () => given })
    const at = bootstrap(next, SCHEMA)
    const report = await checked(at)
    assert.deepEqual([report.ok, report.pending, report.missing], [true, [ADD_KEY], []])

    await db.exec('DROP INDEX public.tasks_lower')
    const broken = await checked(at)
    assert.deepEqual(broken.missing.map(({ object }) => object), ['index public.tasks.tasks_lower'])
    assert.deepEqual(broken.pending, [ADD_KEY])
  })
})

describe('what cannot be checked', () => {
  test('a client that has no schema', async () => {
    const empty = await createDatabase()
    await refused(check(empty, { fetchSnapshot: () => assert.fail('was asked') }), 'no_position')
    await empty.close()
  })

  test('another snapshot than the one that was asked for', async () => {
    const [next] = await chain(head, [])
    await refused(checked(bootstrap(next, SCHEMA)), 'other_snapshot')
    await refused(checked({ ...snapshot, action: 'ready' }), 'malformed_plan')
    await refused(checked(null), 'malformed_plan')
  })

  test('what fetchSnapshot throws comes through as it is', async () => {
    const offline = new TypeError('fetch failed')
    await assert.rejects(check(db, { fetchSnapshot: () => Promise.reject(offline) }), (error) => error === offline)
  })

  test('an extension that this PGlite does not have', async () => {
    const requires = { extensions: ['vector'], collations: [], server_version: 150020 }
    await refused(checked({ ...snapshot, requires }), 'missing_extension')
  })

  test('a client that is moved meanwhile', async () => {
    const more = await chain(head, [])
    const moved = check(db, {
      fetchSnapshot: async () => {
        await sync(db, { fetchPlan: async () => migrate(more) })
        return snapshot
      },
    })
    await refused(moved, 'concurrent_change')
  })

  test('a snapshot that fails, or wants to end the transaction: nothing stays', async () => {
    await db.exec(`INSERT INTO public.tasks (title) VALUES ('a')`)
    const before = await fingerprint()
    for (const statement of ['SELECT 1/0', 'COMMIT', 'COMMIT AND CHAIN', 'ROLLBACK', 'CREATE TABLE public.stays (); COMMIT', 'END; CREATE TABLE public.stays ()',
      `DO 'BEGIN COMMIT; END'`]) {
      const error = await refused(checked(bootstrap(head, [...SCHEMA, statement])), 'check_failed')
      assert.equal(error.details.statement, statement)
      assert.ok(error.cause.code, String(error.cause))
      assert.deepEqual(await fingerprint(), before, statement)
    }
    assert.equal((await rows('public.tasks')).length, 1)
    assert.deepEqual(await position(db), { seq: 1, hash: head.hash })
    await fine()
  })
})

test('costs the same however many rows there are', async () => {
  const time = async () => {
    const start = performance.now()
    await fine()
    return performance.now() - start
  }
  await time()
  const empty = Math.min(await time(), await time(), await time())
  await db.exec(`INSERT INTO public.tasks (title, n) SELECT 'title ' || i, i FROM generate_series(1, 100000) i`)
  const full = Math.min(await time(), await time(), await time())
  assert.ok(full < 3 * empty + 20, `${Math.round(empty)} ms without rows, ${Math.round(full)} ms with 100,000`)
})
