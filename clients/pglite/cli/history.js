import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { split } from './split.js'

/**
 * A folder of migrations, and how its own tool sends them.
 * @returns {{ name: string, tool: string, migrations: { tag: string, script: string }[],
 *   oneTransaction?: boolean, prepare(db): Promise<void>, apply(db, migration): Promise<void>, label(migration): string | null }}
 */
export function readHistory(folder) {
  const name = basename(folder)
  const journal = join(folder, 'meta', '_journal.json')
  if (existsSync(journal)) {
    const { entries } = JSON.parse(readFileSync(journal, 'utf8'))
    const migrations = [...entries]
      .sort((a, b) => a.idx - b.idx)
      .map(({ tag, when }) => ({ tag, when, script: readFileSync(join(folder, `${tag}.sql`), 'utf8') }))
    return { name, tool: 'Drizzle', migrations, ...drizzle }
  }

  const names = readdirSync(folder).sort()
  const folders = names.filter((tag) => existsSync(join(folder, tag, 'migration.sql')))
  if (folders.length > 0) {
    const migrations = folders.map((tag) => ({ tag, script: readFileSync(join(folder, tag, 'migration.sql'), 'utf8') }))
    return { name, tool: 'Prisma', migrations, ...prisma }
  }

  const migrations = names
    .filter((file) => /(?<!\.down)\.sql$/.test(file) && statSync(join(folder, file)).isFile())
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((file) => ({ tag: basename(file, '.sql'), script: up(readFileSync(join(folder, file), 'utf8')) }))
  return { name, tool: 'plain SQL', migrations, ...plain }
}

// Some tools keep the way back in the same file: dbmate and goose.
const up = (script) => script.split(/^--\s*(?:migrate:down|\+goose\s+down)\b/im)[0]

const sha256 = (text) => createHash('sha256').update(text).digest('hex')

const drizzle = {
  oneTransaction: true,
  async prepare(db) {
    await db.query('CREATE SCHEMA IF NOT EXISTS "drizzle"')
    await db.query(
      'CREATE TABLE IF NOT EXISTS "drizzle"."__drizzle_migrations" (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)',
    )
  },
  async apply(db, { script, when }) {
    await db.query('BEGIN')
    for (const chunk of script.split('--> statement-breakpoint')) await db.query(chunk)
    await db.query(
      `insert into "drizzle"."__drizzle_migrations" ("hash", "created_at") values('${sha256(script)}', '${when}')`,
    )
    await db.query('COMMIT')
  },
  label: ({ script, when }) => `drizzle:${when}:${sha256(script).slice(0, 12)}`,
}

const prisma = {
  async prepare(db) {
    await db.query('SELECT pg_advisory_lock(72707369)')
    await db.query(`CREATE TABLE _prisma_migrations (
      id                      VARCHAR(36) PRIMARY KEY NOT NULL,
      checksum                VARCHAR(64) NOT NULL,
      finished_at             TIMESTAMPTZ,
      migration_name          VARCHAR(255) NOT NULL,
      logs                    TEXT,
      rolled_back_at          TIMESTAMPTZ,
      started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
      applied_steps_count     INTEGER NOT NULL DEFAULT 0)`)
  },
  async apply(db, { tag, script }) {
    const id = randomUUID()
    await db.query('INSERT INTO "_prisma_migrations" ("id", "checksum", "started_at", "migration_name") VALUES ($1, $2, now(), $3)', [
      id,
      sha256(script),
      tag,
    ])
    // Several statements in one simple query are one transaction, which CONCURRENTLY refuses to run in.
    const queries = /\bCONCURRENTLY\b/i.test(script) ? split(script) : [script]
    for (const query of queries) await db.query(query)
    await db.query('UPDATE "_prisma_migrations" SET "applied_steps_count" = "applied_steps_count" + 1 WHERE "id" = $1', [id])
    await db.query('UPDATE "_prisma_migrations" SET "finished_at" = now() WHERE "id" = $1', [id])
  },
  label: ({ tag }) => tag,
}

const plain = {
  async prepare() {},
  async apply(db, { script }) {
    await db.query(script)
  },
  label: () => null,
}
