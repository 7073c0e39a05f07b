import { random } from '../../oracle/lib/random.js'
import { sleep } from './report.js'
import { inventory } from './inventory.js'

/** What a session may meet that bare Postgres has as well: cancelled, timed out. Not a deadlock: the load has none. */
const ORDINARY = new Set(['57014', '55P03'])
/** Terminated; the server crashed, is starting, or is gone. */
const isLost = ({ code, message }) => /^(57P0[123]|0800.|E[A-Z]+)$/.test(code ?? '') || (!code && /connection|not queryable/i.test(message))

/**
 * One session of the load. It writes down what it was told of each transaction, so that the ledger can be held against it. All
 * that it touches is its own, but for one shared table a transaction at most: without the extension no two of these sessions can deadlock.
 */
export class Session {
  /** `{ statements, undone, effects, outcome, role }` of each transaction, in order. */
  history = []
  errors = []
  lost = 0
  made = 0
  tables = []
  partitions = []
  labels = []
  indexes = []

  constructor({ number, open, role, seed, prepares = true }) {
    Object.assign(this, random(seed * 1000 + number), { number, open, role, prepares, schema: `s${number}` })
  }

  async run(until) {
    if (!this.db) await this.reconnect()
    while (Date.now() < until) await this.transaction()
  }

  // ---- what it does ------------------------------------------------------------------------------------------------------------

  async transaction() {
    const kind = this.pick([
      'alone', 'alone', 'alone', 'block', 'block', 'REPEATABLE READ', 'SERIALIZABLE', 'rolled back', 'released', 'rolled back to', 'string', 'do',
      'statement_timeout', 'lock_timeout', 'seal_timeout', 'index', 'index', 'detach', ...(this.prepares ? ['prepared'] : []),
    ])
    this.used = new Set()
    const tx = { statements: [], undone: [], effects: [], outcome: 'rolled back', role: this.role, kind }
    const step = (undone = false) => {
      const { sql, effects } = this.step()
      tx[undone ? 'undone' : 'statements'].push(sql)
      if (!undone) tx.effects.push(...effects)
      return sql
    }
    const steps = (most) => Array.from({ length: 1 + this.below(most) }, () => step())
    this.history.push(tx)
    switch (kind) {
      case 'alone':
        return this.atomic(tx, [], step())
      case 'block':
        return this.atomic(tx, ['BEGIN', ...steps(4)], 'COMMIT')
      case 'REPEATABLE READ':
      case 'SERIALIZABLE':
        return this.atomic(tx, [`BEGIN ISOLATION LEVEL ${kind}`, `SELECT count(*) FROM ${this.schema}.base`, ...steps(3)], 'COMMIT')
      case 'rolled back': {
        const begun = ['BEGIN', ...steps(3)]
        await this.atomic(tx, begun, 'ROLLBACK')
        tx.outcome = 'rolled back'
        return
      }
      case 'released':
        return this.atomic(tx, ['BEGIN', ...steps(2), 'SAVEPOINT a', ...steps(2), 'RELEASE a', ...steps(1)], 'COMMIT')
      case 'rolled back to':
        return this.atomic(tx, ['BEGIN', ...steps(2), 'SAVEPOINT a', step(true), step(true), 'ROLLBACK TO a', ...steps(1)], 'COMMIT')
      case 'string':
        return this.atomic(tx, [], steps(3).join('; '))
      case 'do': {
        const sql = `DO $do$ BEGIN ${steps(3).map((s) => `${s};`).join(' ')} END $do$`
        tx.statements = [sql]
        return this.atomic(tx, [], sql)
      }
      case 'statement_timeout':
      case 'lock_timeout':
      case 'seal_timeout': {
        const setting = kind === 'seal_timeout' ? 'electric_schema.seal_timeout' : kind
        return this.atomic(tx, ['BEGIN', `SET LOCAL ${setting} = ${1 + this.below(20)}`, ...steps(2)], 'COMMIT')
      }
      case 'index':
        return this.index(tx)
      case 'detach':
        return this.detach(tx)
      case 'prepared':
        return this.prepare(tx, ['BEGIN', ...steps(3)])
    }
  }

  step() {
    const name = (prefix) => `${prefix}_m${this.number}x${this.made++}`
    const free = (list) => this.pick(list.filter((one) => !this.used.has(one.name)))
    const use = (one) => this.used.add(one.name) && one.name
    const { schema } = this
    const table = free(this.tables)
    const column = table && this.pick(table.columns)
    const partition = free(this.partitions)
    const label = free(this.labels)
    const choice = this.below(14)
    if (choice < 3 && column) {
      const to = name('c')
      use(table)
      return choice === 0
        ? { sql: `ALTER TABLE ${table.name} RENAME ${column} TO ${to}`, effects: [`-${table.name}.${column}`, `+${table.name}.${to}`] }
        : { sql: `ALTER TABLE ${table.name} DROP COLUMN ${column} ${this.mark()}`, effects: [`-${table.name}.${column}`] }
    }
    if (choice < 7 && table) {
      const to = name('c')
      return { sql: `ALTER TABLE ${use(table)} ADD COLUMN ${to} int DEFAULT ${this.below(9)}`, effects: [`+${table.name}.${to}`] }
    }
    if (choice === 7 && table && this.tables.length > 4) return { sql: `DROP TABLE ${use(table)} ${this.mark()}`, effects: [`-${table.name}`] }
    if (choice === 8) {
      const value = name('v')
      return { sql: `ALTER TYPE ${schema}.mood ADD VALUE '${value}'`, effects: [`+${schema}.mood=${value}`] }
    }
    // Says nothing of what it touched: the commit reads everything, also what others have locked.
    if (choice === 9 && label) {
      const value = name('v')
      use(label)
      return { sql: `ALTER TYPE ${schema}.mood RENAME VALUE '${label.name}' TO '${value}'`, effects: [`-${schema}.mood=${label.name}`, `+${schema}.mood=${value}`] }
    }
    if (choice === 10 && !this.used.has('common')) {
      this.used.add('common')
      const common = `shared.common_${this.below(4)}`
      const to = name('c')
      return { sql: `ALTER TABLE ${common} ADD COLUMN ${to} int`, effects: [`+${common}.${to}`] }
    }
    if (choice === 11) {
      const part = name(`${schema}.p`)
      return {
        sql: `CREATE TABLE ${part} PARTITION OF ${schema}.parted FOR VALUES IN (${this.made})`,
        effects: [`+${part}`, `+${schema}.parted>${part}`],
      }
    }
    if (choice === 12 && partition) {
      const effects = [`-${partition.name}`, ...(partition.attached ? [`-${schema}.parted>${partition.name}`] : [])]
      return { sql: `DROP TABLE ${use(partition)} ${this.mark()}`, effects }
    }
    const made = name(`${this.chance(0.15) ? 'shared' : schema}.t`)
    const c = name('c')
    return { sql: `CREATE TABLE ${made} (id int PRIMARY KEY, note text DEFAULT 'none', ${c} int)`, effects: [`+${made}`, `+${made}.${c}`] }
  }

  /** CONCURRENTLY commits on its way. What is left half done has to go. */
  async index(tx) {
    const old = this.indexes.length > 3 ? this.pick(this.indexes).name : null
    const index = old ?? `${this.schema}.i_m${this.number}x${this.made++}`
    const create = `CREATE INDEX CONCURRENTLY ${index.split('.')[1]} ON ${this.schema}.base (id)`
    tx.statements.push(old ? `DROP INDEX CONCURRENTLY ${index} ${this.mark()}` : create)
    tx.effects.push(`${old ? '-' : '+'}${index}`)
    if ((await this.atomic(tx, [], tx.statements[0], true)) || tx.outcome === 'committed') return
    const sql = `DROP INDEX IF EXISTS ${index} ${this.mark()}`
    const cleaning = { ...tx, statements: [sql], outcome: 'rolled back' }
    this.history.push(cleaning)
    // One that never was valid was no index for clients, so its end is no change.
    if (!old) return this.tolerate(sql)
    while (cleaning.outcome !== 'committed') await this.atomic(cleaning, [], sql, true)
  }

  async detach(tx) {
    const partition = this.pick(this.partitions.filter(({ attached }) => attached))
    if (!partition) {
      this.history.pop()
      return
    }
    const parted = `${this.schema}.parted`
    const effects = [`-${parted}>${partition.name}`]
    tx.statements.push(`ALTER TABLE ${parted} DETACH PARTITION ${partition.name} CONCURRENTLY ${this.mark()}`)
    tx.effects = effects
    if (await this.atomic(tx, [], tx.statements[0], true)) return
    while (tx.outcome !== 'committed' && (await this.isPending(partition.name))) {
      tx = { ...tx, statements: [`ALTER TABLE ${parted} DETACH PARTITION ${partition.name} FINALIZE ${this.mark()}`], kind: 'finalize', outcome: 'rolled back' }
      this.history.push(tx)
      await this.atomic(tx, [], tx.statements[0], true)
    }
  }

  async isPending(name) {
    for (;;) {
      try {
        const { rows } = await this.db.query(`SELECT inhdetachpending AS pending FROM pg_inherits WHERE inhrelid = to_regclass($1)`, [name])
        return rows[0]?.pending ?? false
      } catch (error) {
        await this.recover(error)
      }
    }
  }

  async prepare(tx, statements) {
    const gid = `storm_${this.schema}_${this.made++}`
    const decision = this.chance(0.7) ? 'COMMIT' : 'ROLLBACK'
    // Its locks, and the seal's, are held by nobody then: others wait for this one.
    let prepared = false
    try {
      for (const sql of [...statements, `PREPARE TRANSACTION '${gid}'`]) await this.db.query(sql)
      prepared = true
      await sleep(this.below(20))
    } catch (error) {
      await this.recover(error)
    }
    for (;;) {
      try {
        const { rows } = await this.db.query('SELECT FROM pg_prepared_xacts WHERE gid = $1', [gid])
        if (rows.length === 0) break
        prepared = true
        await this.db.query(`${decision} PREPARED '${gid}'`)
        break
      } catch (error) {
        await this.recover(error)
      }
    }
    if (prepared && decision === 'COMMIT') this.committed(tx)
  }

  // ---- what it was told --------------------------------------------------------------------------------------------------------

  /** Statements, the last of which commits. Whether the server said so itself. */
  async atomic(tx, statements, last, inParts = false) {
    let sql
    try {
      for (sql of [...statements, last]) await this.db.query(sql)
      if (last !== 'ROLLBACK') this.committed(tx)
      return true
    } catch (error) {
      const lost = await this.recover(error, sql)
      // Nobody was told: the catalogs say what became of it.
      if (sql === last && last !== 'ROLLBACK' && (lost || inParts) && (await this.happened(tx))) this.committed(tx)
      return false
    }
  }

  async happened({ kind, effects: [effect] }) {
    for (;;) {
      try {
        // What has begun to go is there until it is gone: an index that is not valid any more, a partition whose detaching is pending.
        if (kind === 'detach' || kind === 'finalize') {
          const partition = effect.split('>')[1]
          return (await this.db.query('SELECT FROM pg_inherits WHERE inhrelid = $1::regclass', [partition])).rowCount === 0
        }
        if (kind === 'index' && effect[0] === '-') {
          return (await this.db.query('SELECT to_regclass($1) IS NULL AS gone', [effect.slice(1)])).rows[0].gone
        }
        return (await inventory(this.db)).has(effect.slice(1)) === (effect[0] === '+')
      } catch (error) {
        await this.recover(error)
      }
    }
  }

  committed(tx) {
    tx.outcome = 'committed'
    for (const effect of tx.effects) {
      const [, sign, name] = effect.match(/^(.)(.*)$/)
      const [, parent, rest] = name.match(/^(\w+\.\w+)[.=>]?(.*)$/)
      const own = (list) => list.findIndex((one) => one.name === name)
      const remove = (list) => own(list) >= 0 && list.splice(own(list), 1)
      if (name.includes('=')) {
        if (sign === '+') this.labels.push({ name: rest })
        else this.labels = this.labels.filter((label) => label.name !== rest)
      } else if (name.includes('>')) {
        const partition = this.partitions.find((one) => one.name === rest)
        if (partition) partition.attached = sign === '+'
      } else if (rest) {
        const table = this.tables.find((one) => one.name === parent)
        if (table && sign === '+') table.columns.push(rest)
        else if (table) table.columns = table.columns.filter((column) => column !== rest)
      } else {
        const list = name.includes('.t_') ? this.tables : name.includes('.p_') ? this.partitions : this.indexes
        if (sign === '+') list.push({ name, columns: [], attached: false })
        else remove(list)
      }
    }
  }

  /** After an error: gets the session ready for the next transaction. Whether the connection was lost. */
  async recover(error, sql = '') {
    if (isLost(error)) {
      this.lost++
      await this.reconnect()
      return true
    }
    if (!ORDINARY.has(error.code)) this.errors.push(`${error.code} ${error.message} ${error.detail ?? ''}: ${sql}`)
    else this.disturbed = (this.disturbed ?? 0) + 1
    await this.tolerate('ROLLBACK')
    return false
  }

  async tolerate(sql) {
    for (;;) {
      try {
        return await this.db.query(sql)
      } catch (error) {
        if (isLost(error)) {
          this.lost++
          await this.reconnect()
        } else if (!ORDINARY.has(error.code)) {
          this.errors.push(`${error.code} ${error.message}: ${sql}`)
          return
        }
      }
    }
  }

  async reconnect() {
    await this.db?.end().catch(() => {})
    for (const until = Date.now() + 60_000; ; ) {
      try {
        this.db = await this.open(this.role)
        await this.db.query('SET client_min_messages = warning')
        return
      } catch (error) {
        if (Date.now() > until) throw error
        await sleep(50)
      }
    }
  }

  /** Statements that can come twice are told apart by it. */
  mark() {
    return `/* ${this.number}x${this.made++} */`
  }
}
