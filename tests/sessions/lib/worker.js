import { random } from '../../oracle/lib/random.js'

/** What all sessions share. */
export async function setup(db, sessions) {
  await db.query('CREATE SCHEMA side')
  await db.query(`CREATE TYPE shared_mood AS ENUM ('ok', 'bad')`)
  for (let i = 0; i < 3; i++) {
    await db.query(`CREATE TABLE shared_${i} (id int PRIMARY KEY, c0 int, c1 text, mood shared_mood DEFAULT 'ok')`)
    await db.query(`INSERT INTO shared_${i} SELECT n, n, n::text FROM generate_series(1, 20) n`)
  }
  await db.query('CREATE TABLE shared_parts (k int NOT NULL, v text) PARTITION BY LIST (k)')
  await db.query('CREATE TABLE shared_base (id int)')
  for (let i = 0; i < sessions; i++) await db.query(`CREATE TYPE w${i}_mood AS ENUM ('a', 'b')`)
}

/** One session: transactions one after the other, until it is time. Every choice comes from the seed. */
export class Worker {
  errors = []
  statements = 0
  made = 0

  constructor(db, number, seed, sessions) {
    Object.assign(this, random(seed * 1000 + number), { db, number, sessions })
  }

  async run(until) {
    await this.send(`SET lock_timeout = '3s'; SET statement_timeout = '20s'; SET client_min_messages = warning`)
    while (Date.now() < until) await this.transaction()
  }

  fresh(prefix) {
    return `${prefix}${this.number}_${this.made++}`
  }

  /** Whether it went well. */
  async send(sql) {
    this.statements++
    try {
      await this.db.query(sql)
      return true
    } catch ({ code, message, detail, hint, where, schema, table }) {
      this.errors.push({ code, message, detail, hint, where, schema, table, sql: sql.slice(0, 300) })
      return false
    }
  }

  async transaction() {
    const kind = this.pick([
      'autocommit', 'autocommit', 'autocommit', 'block', 'block', 'block', 'repeatable read', 'serializable', 'rollback', 'savepoint',
      'prepared', 'do', 'string', 'timeout', 'concurrently', 'concurrently',
    ])
    const some = async (most) => {
      const list = []
      for (let n = 1 + this.below(most); n > 0; n--) list.push(await this.statement())
      return list
    }
    switch (kind) {
      case 'autocommit':
        return this.send(await this.statement())
      case 'block':
        return this.all(['BEGIN', ...(await some(4)), 'COMMIT'])
      case 'repeatable read':
      case 'serializable':
        return this.all([`BEGIN ISOLATION LEVEL ${kind}`, 'SELECT count(*) FROM pg_class', ...(await some(3)), 'COMMIT'])
      case 'rollback':
        return this.all(['BEGIN', ...(await some(3)), 'ROLLBACK'])
      case 'savepoint': {
        const end = this.pick(['ROLLBACK TO s', 'RELEASE s'])
        return this.all(['BEGIN', ...(await some(2)), 'SAVEPOINT s', ...(await some(2)), end, ...(await some(1)), 'COMMIT'])
      }
      case 'prepared': {
        const name = this.fresh('storm_')
        if (!(await this.all(['BEGIN', ...(await some(2)), `PREPARE TRANSACTION '${name}'`]))) return
        await new Promise((resolve) => setTimeout(resolve, this.below(30)))
        return this.send(`${this.pick(['COMMIT', 'COMMIT', 'ROLLBACK'])} PREPARED '${name}'`)
      }
      case 'do': {
        const list = (await some(3)).map((sql) => `${sql};`)
        const caught = `BEGIN ${await this.statement()}; PERFORM 1 / ${this.below(2)}; EXCEPTION WHEN OTHERS THEN NULL; END;`
        return this.send(`DO $do$ BEGIN ${list.join(' ')} ${this.chance(0.4) ? caught : ''} ${this.chance(0.3) ? 'COMMIT;' : ''} END $do$`)
      }
      case 'string':
        return this.send((await some(3)).join('; '))
      case 'timeout':
        await this.send(`SET statement_timeout = ${1 + this.below(15)}`)
        if (this.chance(0.5)) await this.all(['BEGIN', ...(await some(2)), 'SELECT pg_sleep(0.005)', 'COMMIT'])
        else await this.send(await this.statement())
        return this.send(`SET statement_timeout = '20s'`)
      case 'concurrently':
        return this.send(await this.concurrently())
    }
  }

  /** One after the other, to the first that fails. */
  async all(statements) {
    for (const sql of statements) {
      if (await this.send(sql)) continue
      // What a commit fails for was done before it.
      if (/^(COMMIT|PREPARE)/.test(sql)) this.errors.at(-1).sql = `${sql} of: ${statements.join('; ')}`
      await this.send('ROLLBACK')
      return false
    }
    return true
  }

  async concurrently() {
    const table = await this.table()
    if (!table) return this.create()
    if (table.indexes.length > 0 && this.chance(0.4)) {
      return `${this.pick(['DROP INDEX', 'REINDEX INDEX'])} CONCURRENTLY ${table.schema}.${this.pick(table.indexes)}`
    }
    const column = this.pick(table.columns)
    return `CREATE ${this.chance(0.2) ? 'UNIQUE ' : ''}INDEX CONCURRENTLY ${this.fresh('i')} ON ${table.name} (${column?.name ?? 'c0'})`
  }

  /** A table that is there now, mostly one of the session's own; null for none. */
  async table() {
    const pattern = this.chance(0.8) ? `w${this.number}\\_%` : this.chance(0.6) ? 'shared%' : `w${this.below(this.sessions)}\\_%`
    const { rows } = await this.db.query(
      `SELECT n.nspname AS schema, format('%I.%I', n.nspname, c.relname) AS name,
              ARRAY(SELECT jsonb_build_object('name', attname, 'type', format_type(atttypid, atttypmod)) FROM pg_attribute
                    WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum) AS columns,
              ARRAY(SELECT conname::text FROM pg_constraint WHERE conrelid = c.oid ORDER BY conname) AS constraints,
              ARRAY(SELECT x.relname::text FROM pg_index JOIN pg_class x ON x.oid = indexrelid WHERE indrelid = c.oid ORDER BY 1) AS indexes
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND n.nspname IN ('public', 'side') AND c.relname LIKE $1 ORDER BY c.relname`,
      [pattern],
    ).catch(() => ({ rows: [] })) // in a transaction that has failed
    return rows.length > 0 ? this.pick(rows) : null
  }

  columnType() {
    return this.pick(['int', 'int', 'bigint', 'smallint', 'text', 'text', 'varchar(40)', 'varchar(80)', 'numeric(10,2)', 'boolean', 'date',
      'timestamptz', 'uuid', 'jsonb', 'text[]', 'int[]', `w${this.number}_mood`, 'shared_mood', 'double precision'])
  }

  column() {
    const name = `c${this.below(8)}`
    return this.pick([
      `${name} ${this.columnType()}`,
      `${name} ${this.columnType()}`,
      `${name} int DEFAULT ${this.below(100)}`,
      `${name} text NOT NULL DEFAULT 'it''s'`,
      `${name} timestamptz NOT NULL DEFAULT now()`,
      `${name} uuid DEFAULT gen_random_uuid()`,
      `${name} int GENERATED ALWAYS AS (1 + 1) STORED`,
      `${name} int GENERATED BY DEFAULT AS IDENTITY`,
      `${name} serial`,
      `${name} int REFERENCES shared_${this.below(3)}`,
      `${name} int CHECK (${name} >= 0)`,
      `${name} text UNIQUE`,
      `${name} text COLLATE "C"`,
    ])
  }

  create() {
    const name = `w${this.number}_t${this.below(12)}`
    const where = this.chance(0.15) ? 'side' : 'public'
    const columns = [...new Map([this.column(), this.column(), this.column()].map((c) => [c.split(' ')[0], c])).values()]
    const key = this.pick(['id int PRIMARY KEY', 'id serial PRIMARY KEY', 'id uuid PRIMARY KEY DEFAULT gen_random_uuid()', 'id bigint'])
    return this.pick([
      `CREATE TABLE ${where}.${name} (${[key, ...columns].join(', ')})`,
      `CREATE TABLE ${where}.${name} (${[key, ...columns].join(', ')})`,
      `CREATE TABLE ${where}.${name} (${[key, ...columns].join(', ')})`,
      `CREATE UNLOGGED TABLE ${where}.${name} (${key})`,
      `CREATE TABLE IF NOT EXISTS ${where}.${name} (${key})`,
      `CREATE TABLE ${where}.${name} (LIKE shared_0 INCLUDING ALL)`,
      `CREATE TABLE ${where}.${name} AS SELECT n AS id, n::text AS c1 FROM generate_series(1, 5) n`,
    ])
  }

  /** Views over what all sessions alter, and routines. */
  code() {
    const view = `v${this.number}_${this.below(3)}`
    const table = `shared_${this.below(3)}`
    return [
      `CREATE VIEW ${view} AS SELECT id, c0 FROM ${table}`,
      `CREATE OR REPLACE VIEW ${view} AS SELECT id, c0, 1 AS one FROM ${table}`,
      `CREATE VIEW ${view} AS SELECT v.id, s.c1 FROM v${this.below(this.sessions)}_${this.below(3)} v JOIN ${table} s USING (id)`,
      `CREATE MATERIALIZED VIEW m${this.number} AS SELECT id FROM ${table}`,
      `REFRESH MATERIALIZED VIEW m${this.number}`,
      `CREATE INDEX ON m${this.number} (id)`,
      `DROP MATERIALIZED VIEW IF EXISTS m${this.number}`,
      `ALTER VIEW ${view} RENAME TO v${this.number}_${this.below(3)}`,
      `DROP VIEW IF EXISTS ${view}${this.chance(0.5) ? ' CASCADE' : ''}`,
      `CREATE OR REPLACE FUNCTION f${this.number}() RETURNS int LANGUAGE sql AS 'SELECT ${this.below(9)}'`,
      `ALTER TABLE ${table} ALTER c0 SET DEFAULT f${this.below(this.sessions)}()`,
      `DROP FUNCTION IF EXISTS f${this.number}()${this.chance(0.5) ? ' CASCADE' : ''}`,
      `CREATE TYPE w${this.number}_pair AS (a int, b text)`,
      `ALTER TYPE w${this.number}_pair ADD ATTRIBUTE ${this.fresh('a')} int`,
      `DROP TYPE IF EXISTS w${this.number}_pair`,
    ]
  }

  /** A partitioned table that all sessions share, and children of shared tables. */
  family() {
    const part = `w${this.number}_p${this.below(3)}`
    const k = this.number * 10 + this.below(10)
    return [
      `CREATE TABLE ${part} PARTITION OF shared_parts FOR VALUES IN (${k})`,
      `CREATE TABLE ${part} (k int NOT NULL, v text)`,
      `ALTER TABLE shared_parts ATTACH PARTITION ${part} FOR VALUES IN (${k})`,
      `ALTER TABLE shared_parts DETACH PARTITION ${part}`,
      `DROP TABLE IF EXISTS ${part}`,
      `ALTER TABLE shared_parts ADD COLUMN IF NOT EXISTS c${this.below(4)} int DEFAULT 4`,
      `ALTER TABLE shared_parts DROP COLUMN IF EXISTS c${this.below(4)}`,
      `CREATE INDEX ON shared_parts (v)`,
      `CREATE TABLE w${this.number}_child () INHERITS (shared_base)`,
      `ALTER TABLE w${this.number}_child NO INHERIT shared_base`,
      `DROP TABLE IF EXISTS w${this.number}_child`,
      `ALTER TABLE shared_base ADD COLUMN ${this.fresh('c')} int`,
    ]
  }

  async statement() {
    const table = this.chance(0.85) ? await this.table() : null
    if (!table) {
      const mood = this.chance(0.85) ? `w${this.number}_mood` : 'shared_mood'
      return this.chance(0.75) ? this.create() : this.pick([
        `ALTER TYPE ${mood} ADD VALUE IF NOT EXISTS 'v${this.below(50)}'`,
        `ALTER TYPE ${mood} ADD VALUE '${this.fresh('v')}' BEFORE 'b'`,
        `ALTER TYPE w${this.number}_mood RENAME VALUE 'a' TO 'A'`,
        `ALTER TYPE w${this.number}_mood RENAME VALUE 'A' TO 'a'`,
        `ALTER TYPE w${this.number}_mood RENAME TO w${this.number}_humour`,
        `ALTER TYPE w${this.number}_humour RENAME TO w${this.number}_mood`,
        `CREATE SEQUENCE w${this.number}_s${this.below(3)}`,
        `ALTER SEQUENCE w${this.number}_s${this.below(3)} INCREMENT ${1 + this.below(5)}`,
        `DROP SEQUENCE w${this.number}_s${this.below(3)}`,
        `CREATE TEMP TABLE ${this.fresh('tmp')} (id int)`,
        ...this.code(),
        ...this.family(),
        `CREATE SCHEMA w${this.number}_space`,
        `DROP SCHEMA w${this.number}_space`,
      ])
    }
    const { name } = table
    const own = name.includes(`.w${this.number}_`)
    const { name: column, type } = this.pick(table.columns) ?? { name: 'c0', type: 'int' }
    const constraint = this.pick(table.constraints)
    const index = this.pick(table.indexes)
    const other = await this.table()
    const alter = (what) => `ALTER TABLE ${name} ${what}`
    const retype = {
      integer: 'bigint', smallint: 'integer', bigint: 'numeric', 'character varying(40)': 'varchar(80)', 'character varying(80)': 'text',
      text: 'varchar(60)', date: 'timestamptz', boolean: 'text', 'numeric(10,2)': 'numeric(12,2)',
    }[type] ?? 'text'
    const choices = [
      () => alter(`ADD COLUMN ${this.column()}`),
      () => alter(`ADD COLUMN ${this.column()}`),
      () => alter(`ADD COLUMN ${this.column()}, ADD COLUMN ${this.column()}`),
      () => alter(`DROP COLUMN ${column}`),
      () => alter(`DROP COLUMN ${column} CASCADE`),
      () => alter(`ALTER ${column} TYPE ${retype}`),
      () => alter(`ALTER ${column} TYPE text USING md5(${column}::text)`),
      () => alter(`RENAME ${column} TO c${this.below(8)}`),
      () => alter(`ALTER ${column} SET DEFAULT NULL`),
      () => alter(`ALTER ${column} SET DEFAULT '${this.below(100)}'`),
      () => alter(`ALTER ${column} DROP DEFAULT`),
      () => alter(`ALTER ${column} SET NOT NULL`),
      () => alter(`ALTER ${column} DROP NOT NULL`),
      () => alter(`ADD CHECK (${column} IS NOT NULL)${this.chance(0.5) ? ' NOT VALID' : ''}`),
      () => alter(`ADD CONSTRAINT ${this.fresh('u')} UNIQUE (${column})`),
      () => alter(`ADD CONSTRAINT ${this.fresh('f')} FOREIGN KEY (${column}) REFERENCES ${other?.name ?? 'shared_1'}${this.chance(0.3) ? ' NOT VALID' : ''}`),
      () => alter(`ADD FOREIGN KEY (${column}) REFERENCES shared_${this.below(3)} ON DELETE CASCADE DEFERRABLE`),
      () => (constraint ? alter(`DROP CONSTRAINT "${constraint}"${this.chance(0.3) ? ' CASCADE' : ''}`) : alter('ADD PRIMARY KEY (id)')),
      () => (constraint ? alter(`VALIDATE CONSTRAINT "${constraint}"`) : alter('ADD PRIMARY KEY (id)')),
      () => (constraint ? alter(`RENAME CONSTRAINT "${constraint}" TO ${this.fresh('k')}`) : alter('ADD PRIMARY KEY (id)')),
      () => `CREATE INDEX ${this.chance(0.5) ? this.fresh('i') : ''} ON ${name} (${column})${this.chance(0.3) ? ' WHERE id IS NOT NULL' : ''}`,
      () => `CREATE UNIQUE INDEX ON ${name} (${column})`,
      () => (index ? `DROP INDEX ${table.schema}."${index}"` : `CREATE INDEX ON ${name} ((${column}::text))`),
      () => (index ? `ALTER INDEX ${table.schema}."${index}" RENAME TO ${this.fresh('x')}` : `CREATE INDEX ON ${name} (${column})`),
      () => `INSERT INTO ${name} DEFAULT VALUES`,
      () => `COMMENT ON TABLE ${name} IS 'x'`,
      () => `TRUNCATE ${name}`,
      () => (own ? alter(`RENAME TO w${this.number}_t${this.below(12)}`) : alter(`ADD COLUMN ${this.column()}`)),
      () => (own ? alter(`SET SCHEMA ${this.pick(['public', 'side'])}`) : alter(`ALTER ${column} SET STATISTICS 10`)),
      () => (own ? alter(`SET ${this.pick(['LOGGED', 'UNLOGGED'])}`) : alter('SET (fillfactor = 80)')),
      () => (own ? `DROP TABLE ${name}${this.chance(0.4) ? ' CASCADE' : ''}` : alter(`ADD COLUMN ${this.column()}`)),
      () => (own ? `DROP TABLE ${name} CASCADE` : `INSERT INTO ${name} (id) VALUES (${this.below(1000)})`),
    ]
    return this.pick(choices)()
  }
}
