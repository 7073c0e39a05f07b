/**
 * Who can make others' DDL wait? Nobody by what is open, nor by what any role may do; a prepared transaction can, and `status` says so.
 *
 *   node stall.js [--commits=20]     (so many commits are measured each time)
 */
import { parseArgs } from 'node:util'
import { connect, drop, recreate } from '../e2e/lib/cluster.js'
import { check, failure, main, same, sleep } from './lib/report.js'
import { unsound } from './lib/sound.js'

const { values: options } = parseArgs({ options: { commits: { type: 'string', default: '20' } } })
const database = 'stall'
const open = (user) => connect(database, user ? { user } : {})
let tables = 0

/** How long commits of DDL take, in milliseconds. Each that waits for the seal fails. */
async function measure(db) {
  const times = []
  for (let n = 0; n < Number(options.commits); n++) {
    const name = `measured_${tables++}`
    const start = performance.now()
    await db.query(`CREATE TABLE ${name} (id int)`)
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  return { median: times[times.length >> 1], most: times.at(-1) }
}

async function stays(what, db, quiet, work) {
  const error = await failure((async () => {
    const { median, most } = await measure(db)
    console.log(`  ${what}: ${median.toFixed(1)} ms, at most ${most.toFixed(1)} ms`)
    // Noise is a matter of milliseconds; waiting would end with the timeout.
    if (most > quiet.most + 500) throw new Error(`${most} ms, and ${quiet.most} ms when nothing is open`)
  })())
  check(`${what} delays nobody`, error ? [`${error.code} ${error.message}`] : [])
  await work?.()
}

await main('stall', async () => {
  const db = await recreate(database)
  await db.query(`CREATE EXTENSION electric_schema; CREATE TYPE shared_mood AS ENUM ('fine');
    CREATE TABLE shared (id int PRIMARY KEY, mood shared_mood DEFAULT 'fine'); CREATE VIEW over AS SELECT id FROM shared`)
  for (const role of ['stall_plain', 'stall_owner']) {
    await db.query(`DO $$ BEGIN CREATE ROLE ${role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; CREATE SCHEMA ${role} AUTHORIZATION ${role}`)
  }
  await db.query(`SET electric_schema.seal_timeout = '5s'; SET lock_timeout = '5s'`)
  const quiet = await measure(db)
  console.log(`  nothing open: ${quiet.median.toFixed(1)} ms, at most ${quiet.most.toFixed(1)} ms`)

  await newSessions(db)
  await openTransactions(db, quiet)
  await anyRole(db, quiet)
  await prepared(db)
  check('the chain is linear, verify() content, drift() empty', await unsound(db))
  await db.end()
  await drop(database)
})

/** The first commit of a session has to plan what it reads with: dozens of milliseconds, which are its own. */
async function newSessions(db) {
  const [took, waited] = [[], []]
  for (let n = 0; n < 7; n++) {
    const other = await open()
    await other.query(`BEGIN; CREATE TABLE first_${n} (id int)`)
    await db.query(`BEGIN; CREATE TABLE beside_first_${n} (id int)`)
    const start = performance.now()
    const first = other.query('COMMIT').then(() => took.push(performance.now() - start))
    await sleep(5)
    const begun = performance.now()
    await db.query('COMMIT')
    waited.push(performance.now() - begun)
    await first
    await other.end()
  }
  const [one, other] = [took, waited].map((times) => times.sort((a, b) => a - b)[3])
  console.log(`  the first commit of a session takes ${one.toFixed(1)} ms, one beside it ${other.toFixed(1)} ms`)
  check('the first commit of a session delays nobody', other > one / 2 ? [`${other} ms of ${one} ms`] : [])
}

async function openTransactions(db, quiet) {
  for (const [what, statements] of Object.entries({
    'an open transaction with DDL': ['BEGIN', 'CREATE TABLE opened (id int)'],
    'one that has altered what others read': ['BEGIN', 'ALTER TABLE shared ADD x int', `SELECT * FROM over`],
    'one that holds a snapshot': ['BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT count(*) FROM shared', 'ALTER TABLE shared ADD x int'],
    'a serializable one that reads the ledger': ['BEGIN ISOLATION LEVEL SERIALIZABLE', 'SELECT count(*) FROM _electric_meta.migrations',
      'SELECT electric_schema.verify()', 'CREATE TABLE opened (id int)'],
    'one with savepoints': ['BEGIN', 'SAVEPOINT a', 'CREATE TABLE opened (id int)', 'ROLLBACK TO a', 'SAVEPOINT b', 'CREATE TYPE opened AS ENUM ()'],
    'one that has previewed': ['BEGIN', `SELECT electric_schema.preview('CREATE TABLE opened (id int)')`],
    'one that looks at drift and status': ['BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT electric_schema.drift()', 'SELECT * FROM electric_schema.status'],
    'one that has failed at its commit': ['BEGIN', 'CREATE TABLE parent (id int PRIMARY KEY)', 'CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)',
      'SAVEPOINT a', 'INSERT INTO child VALUES (1)'],
  })) {
    const other = await open()
    for (const sql of statements) await other.query(sql)
    await stays(what, db, quiet)
    // What reads everything does not wait for it, either.
    const error = await failure(db.query(`ALTER TYPE shared_mood ADD VALUE 'v${tables++}'`))
    check(`${what}: nor one who reads everything`, error ? [`${error.code} ${error.message}`] : [])
    await other.query('ROLLBACK')
    await other.end()
  }
}

async function anyRole(db, quiet) {
  const plain = await open('stall_plain')
  await plain.query('CREATE TABLE stall_plain.own (id int)')
  const { rows: ledger } = await db.query(
    `SELECT c.oid, n.nspname || '.' || c.relname AS name, c.relkind AS kind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('_electric_meta', 'electric_schema') AND c.relkind IN ('r', 'v', 'p', 'm') ORDER BY 2`)
  const got = []
  for (const { name } of ledger) {
    for (const mode of ['ACCESS SHARE', 'ROW SHARE', 'SHARE UPDATE EXCLUSIVE', 'SHARE', 'ACCESS EXCLUSIVE']) {
      const error = await failure(plain.query(`BEGIN; LOCK TABLE ${name} IN ${mode} MODE`))
      if (error?.code !== '42501') got.push(`LOCK TABLE ${name} IN ${mode} MODE: ${error?.code ?? 'locked'}`)
      await plain.query('ROLLBACK')
    }
    for (const sql of [`SELECT FROM ${name} FOR UPDATE`, `TRUNCATE ${name}`, `ANALYZE ${name}`, `CREATE INDEX ON ${name} ((1))`, `ALTER TABLE ${name} ADD x int`]) {
      const answer = await failure(plain.query(`BEGIN; ${sql}`))
      const { rowCount: locks } = await db.query('SELECT FROM pg_locks WHERE relation = $1::regclass AND pid = $2', [name, plain.processID])
      await plain.query('ROLLBACK')
      if (locks > 0 || (answer?.code !== '42501' && !sql.startsWith('ANALYZE'))) got.push(`${sql}: ${answer?.code ?? 'done'}, ${locks} locks`)
    }
  }
  check('no role can lock the ledger', ledger.length < 5 ? [`only ${ledger.length} tables`] : got)
  for (const setting of ['electric_schema.destructive']) {
    const error = await failure(plain.query(`SET ${setting} = 'forbid'`))
    check(`no role sets ${setting}`, same(error?.code, '42501'))
  }

  for (const { oid } of ledger) await plain.query('SELECT pg_advisory_lock($1::bigint), pg_advisory_lock(0, $1::int), pg_advisory_lock($1::int, 0)', [oid])
  await stays('a role with all the advisory locks', db, quiet, () => plain.query('SELECT pg_advisory_unlock_all()'))

  await plain.query(`SET electric_schema.seal_timeout = 0; SET lock_timeout = 0; SET statement_timeout = 0;
    BEGIN ISOLATION LEVEL SERIALIZABLE; ALTER TABLE stall_plain.own ADD x int; CREATE VIEW stall_plain.view AS SELECT * FROM stall_plain.own`)
  await plain.query('LOCK TABLE stall_plain.own IN ACCESS EXCLUSIVE MODE')
  await stays('a role that holds its own tables, and never gives up', db, quiet)
  const all = await failure(db.query(`ALTER TYPE shared_mood ADD VALUE 'v${tables++}'`))
  check('nor does it keep one who reads everything', all ? [`${all.code} ${all.message}`] : [])
  await plain.query('COMMIT')

  // The shortest patience is nobody's loss but its own.
  await plain.query(`SET electric_schema.seal_timeout = '1ms'`)
  await stays('a role without patience', db, quiet, () => plain.query('CREATE TABLE stall_plain.more (id int)'))
  await plain.query('RESET ALL')

  // What runs at the commit runs before the seal: deferred triggers, however slow.
  await plain.query(`CREATE FUNCTION stall_plain.slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON stall_plain.own DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stall_plain.slow()`)
  await plain.query('BEGIN; CREATE TABLE stall_plain.late (id int); INSERT INTO stall_plain.own VALUES (1)')
  const commit = plain.query('COMMIT')
  await sleep(200)
  await stays('a commit with a slow trigger', db, quiet)
  await commit

  // So is a migration tool's bookkeeping read, which anybody can make as long as he likes.
  await plain.query(`CREATE TABLE stall_plain.__drizzle_migrations (id serial, hash text, created_at bigint);
    INSERT INTO stall_plain.__drizzle_migrations (hash, created_at) SELECT 'x', n FROM generate_series(1, 2000000) n`)
  await plain.query(`BEGIN; CREATE TABLE stall_plain.labelled (id int); INSERT INTO stall_plain.__drizzle_migrations (hash, created_at) VALUES ('long', 1)`)
  const start = performance.now()
  const labelling = plain.query('COMMIT').then(() => performance.now() - start)
  await sleep(20)
  const begun = performance.now()
  await db.query('CREATE TABLE beside_bookkeeping (id int)')
  const waited = performance.now() - begun
  const took = await labelling
  console.log(`  a commit that reads long bookkeeping takes ${took.toFixed(1)} ms, one beside it ${waited.toFixed(1)} ms`)
  check('a commit that reads long bookkeeping delays nobody', waited > took / 2 ? [`${waited} ms of ${took} ms`] : [])
  const { rows: [{ label }] } = await db.query(`SELECT label FROM _electric_meta.migrations WHERE source = '{CREATE TABLE stall_plain.labelled (id int)}'`)
  check('and still names its entry', same(label, 'drizzle:1:long'))
  await plain.query('DROP TABLE stall_plain.__drizzle_migrations')
  await plain.end()
}

/** The one thing that can: it has committed all but in name, so its entry's place in the chain is taken. */
async function prepared(db) {
  const [other, waiting] = [await open('stall_owner'), await open()]
  const blocked = async () => (await db.query('SELECT blocked_by FROM electric_schema.status')).rows[0].blocked_by
  check('nothing is blocked when nothing is prepared', same(await blocked(), null))
  for (const [decision, there] of [['COMMIT', true], ['ROLLBACK', false]]) {
    const [gid, table] = [`it's ${decision}`, `stall_owner.by_${decision.toLowerCase()}`]
    await other.query(`BEGIN; CREATE TABLE ${table} (id int)`)
    await other.query(`PREPARE TRANSACTION '${gid.replaceAll("'", "''")}'`)
    await waiting.query(`SET electric_schema.seal_timeout = '200ms'`)
    const error = await failure(waiting.query(`CREATE TABLE refused_${decision} (id int)`))
    check(`${decision}: with a seal_timeout, a commit gives up, and is rolled back`, [...same(error?.code, '55P03'),
      ...same((await db.query(`SELECT to_regclass('refused_${decision}') AS oid`)).rows[0].oid, null)])
    await waiting.query('SET electric_schema.seal_timeout = 0')
    let over = false
    const wait = waiting.query(`CREATE TABLE waited_${decision} (id int)`).then(() => (over = true))
    await sleep(300)
    const [one, ...more] = (await blocked()) ?? []
    check(`${decision}: status names the prepared transaction`, [...same([one?.gid, one?.owner, more.length], [gid, 'stall_owner', 0]), ...same(over, false)])
    const wayOut = one.way_out.match(/^(COMMIT PREPARED '(?:[^']|'')*') or (ROLLBACK PREPARED '(?:[^']|'')*'), in database stall$/)
    check(`${decision}: and its way out`, wayOut ? [] : [one.way_out])
    await db.query(wayOut[decision === 'COMMIT' ? 1 : 2])
    await wait
    const found = (await db.query('SELECT to_regclass($1) IS NOT NULL AS there', [table])).rows[0].there
    check(`${decision}: which frees those who wait`, [...same(over, true), ...same(found, there), ...same(await blocked(), null)])
  }
  // What changed no schema holds nothing.
  await other.query(`CREATE TABLE stall_owner.rows (id int)`)
  await other.query(`BEGIN; INSERT INTO stall_owner.rows VALUES (1)`)
  await other.query(`PREPARE TRANSACTION 'rows only'`)
  check('a prepared transaction without DDL blocks nobody', same(await blocked(), null))
  const error = await failure(db.query('CREATE TABLE beside (id int)'))
  check('and DDL goes on beside it', error ? [`${error.code} ${error.message}`] : [])
  await other.query(`COMMIT PREPARED 'rows only'`)
  await other.end()
  await waiting.end()
}
