/**
 * Whoever decodes the WAL learns of an entry before any row of a later transaction, and after the rows of its own.
 *
 *   node logical.js [--sessions=6] [--transactions=15]
 */
import { parseArgs } from 'node:util'
import { connect, drop, recreate } from '../e2e/lib/cluster.js'
import { random } from '../oracle/lib/random.js'
import { check, main, same } from './lib/report.js'
import { unsound } from './lib/sound.js'

const { values: options } = parseArgs({
  options: { sessions: { type: 'string', default: '6' }, transactions: { type: 'string', default: '15' } },
})
const database = 'logical'
const slots = { test_decoding: 'storm_text', pgoutput: 'storm_binary' }

/** What was decoded, by transaction. */
class Transactions {
  all = []

  begin() {
    this.all.push({ rows: [], messages: [], order: '' })
  }

  message(transactional, content) {
    if (!transactional) this.begin()
    const { seq, hash, ...others } = JSON.parse(content)
    this.all.at(-1).messages.push({ seq, hash, ...others })
    this.all.at(-1).order += 'm'
  }

  row(seq, ddl) {
    this.all.at(-1).rows.push({ seq: Number(seq), ddl: ddl === 'true' })
    this.all.at(-1).order += 'r'
  }
}

await main('logical', async () => {
  const db = await recreate(database)
  for (const slot of Object.values(slots)) {
    await db.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1', [slot])
  }
  await db.query(`CREATE EXTENSION electric_schema; CREATE TABLE seen (seq bigint, ddl boolean, by int)`)
  await db.query('CREATE PUBLICATION seen FOR TABLE seen')
  for (const [plugin, slot] of Object.entries(slots)) await db.query('SELECT pg_create_logical_replication_slot($1, $2)', [slot, plugin])
  const { rows: [{ seq: from }] } = await db.query('SELECT seq::int FROM electric_schema.head()')
  try {
    await Promise.all(Array.from({ length: Number(options.sessions) }, (_, number) => session(number)))
    await db.query(`SET session_replication_role = replica; CREATE TABLE replicated (id int); RESET session_replication_role`)
    const { rows: [last] } = await db.query('SELECT seq::int, source FROM _electric_meta.migrations ORDER BY migrations.seq DESC LIMIT 1')
    check('session_replication_role = replica hides nothing', same(last.source, ['CREATE TABLE replicated (id int)']))
    const { rows: entries } = await db.query('SELECT seq::int, hash, class FROM _electric_meta.migrations WHERE seq > $1 ORDER BY migrations.seq', [from])
    for (const [plugin, read] of Object.entries({ test_decoding: text, pgoutput: binary })) judge(plugin, await read(db, slots[plugin]), entries, from)
    check('the chain is linear, verify() content, drift() empty', await unsound(db))
  } finally {
    for (const slot of Object.values(slots)) await db.query('SELECT pg_drop_replication_slot($1)', [slot])
  }
  await db.end()
  await drop(database)
})

/** Transactions with rows that say which entry was the newest when they were written. */
async function session(number) {
  const db = await connect(database)
  const r = random(number)
  const row = (ddl) => db.query('INSERT INTO seen SELECT seq, $1, $2 FROM electric_schema.head()', [ddl, number])
  for (let n = 0; n < Number(options.transactions); n++) {
    const table = `t${number}_${n}`
    const kind = r.below(6)
    await db.query('BEGIN')
    if (kind === 0) {
      await row(false)
    } else {
      await row(true)
      await db.query(kind === 1 && n > 0 ? `DROP TABLE IF EXISTS t${number}_${n - 1}; CREATE TABLE ${table} (id int)` : `CREATE TABLE ${table} (id int)`)
      if (kind === 2) await db.query(`SAVEPOINT a; CREATE TABLE never_${table} (id int); ROLLBACK TO a`)
      await row(true)
    }
    if (kind === 3) await db.query('ROLLBACK')
    else if (kind === 4) {
      await db.query(`PREPARE TRANSACTION '${table}'`)
      await db.query(`${r.chance(0.5) ? 'COMMIT' : 'ROLLBACK'} PREPARED '${table}'`)
    } else await db.query('COMMIT')
  }
  await db.end()
}

/** @param {{ rows: { seq: number, ddl: boolean }[], messages: object[], order: string }[]} transactions  as decoded, in commit order */
function judge(plugin, transactions, entries, from) {
  const messages = transactions.flatMap((transaction) => transaction.messages)
  check(`${plugin}: one message for each entry, with what the ledger says, in its order`, [
    ...same(messages, entries.map(({ seq, hash, class: c }) => ({ seq, hash, class: c }))), ...(messages.length < 20 ? [`only ${messages.length}`] : []),
  ])
  const [late, within, without] = [[], [], []]
  let known = from
  for (const transaction of transactions) {
    for (const { seq } of transaction.rows) if (seq > known) late.push(`a row that was written after entry ${seq} came before its message, after ${known}`)
    // r: a row, m: a message
    if (!/^r*m?$/.test(transaction.order)) within.push(`${transaction.order}: ${JSON.stringify(transaction)}`)
    const ddl = transaction.rows.some((row) => row.ddl)
    if (ddl && transaction.messages.length !== 1) without.push(JSON.stringify(transaction))
    if (!ddl && transaction.rows.length > 0 && transaction.messages.length > 0) without.push(JSON.stringify(transaction))
    known = transaction.messages.at(-1)?.seq ?? known
  }
  const rows = transactions.flatMap((transaction) => transaction.rows)
  console.log(`  ${plugin}: ${messages.length} messages, ${rows.length} rows`)
  check(`${plugin}: it comes before every row of later transactions`, [...late, ...(rows.length < 20 ? [`only ${rows.length} rows`] : [])])
  check(`${plugin}: and after the rows of its own`, within)
  check(`${plugin}: committed DDL sends one, other transactions none`, without)
}

async function text(db, slot) {
  const { rows } = await db.query(`SELECT data FROM pg_logical_slot_get_changes($1, NULL, NULL, 'include-xids', '0')`, [slot])
  const transactions = new Transactions()
  for (const { data } of rows) {
    const message = data.match(/^message: transactional: (\d) prefix: electric_schema, sz: \d+ content:(.*)$/)
    const row = data.match(/^table public\.seen: INSERT: seq\[bigint\]:(\d+) ddl\[boolean\]:(true|false)/)
    if (data.startsWith('BEGIN')) transactions.begin()
    else if (message) transactions.message(message[1] === '1', message[2])
    else if (row) transactions.row(row[1], row[2])
  }
  return transactions.all
}

/** As pgoutput speaks: https://www.postgresql.org/docs/15/protocol-logicalrep-message-formats.html */
async function binary(db, slot) {
  const { rows } = await db.query(
    `SELECT data FROM pg_logical_slot_get_binary_changes($1, NULL, NULL, 'proto_version', '1', 'publication_names', 'seen', 'messages', 'true')`, [slot])
  const transactions = new Transactions()
  for (const { data } of rows) {
    switch (String.fromCharCode(data[0])) {
      case 'B':
        transactions.begin()
        break
      case 'M': {
        const end = data.indexOf(0, 10)
        const length = data.readInt32BE(end + 1)
        if (data.toString('utf8', 10, end) === 'electric_schema') transactions.message(data[1] === 1, data.toString('utf8', end + 5, end + 5 + length))
        break
      }
      case 'I': {
        // I, the relation, N, the number of columns; each column: t, its length, its text
        const [seq, ddl] = columns(data, 6)
        transactions.row(seq, ddl === 't' ? 'true' : 'false')
      }
    }
  }
  return transactions.all
}

function columns(data, at) {
  const values = []
  for (let n = data.readInt16BE(at), place = at + 2; n > 0; n--) {
    const length = data[place] === 0x74 ? data.readInt32BE(place + 1) : 0
    values.push(data.toString('utf8', place + 5, place + 5 + length))
    place += data[place] === 0x74 ? 5 + length : 1
  }
  return values
}
