import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const here = fileURLToPath(new URL('..', import.meta.url))
const stage = fileURLToPath(new URL('../../../target/astrolabe/', import.meta.url))
const journal = JSON.parse(readFileSync(join(here, 'drizzle/meta/_journal.json'), 'utf8'))
const drizzleKit = join(dirname(createRequire(import.meta.url).resolve('drizzle-kit')), 'bin.cjs')

export const migrations = journal.entries.map(({ tag }) => tag)

/** The migration that an entry's label stands for: Drizzle writes down the time that its journal has, and the file's hash. */
export function migrationOf(label) {
  const [, when, hash] = /^drizzle:(\d+):([0-9a-f]{12})$/.exec(label ?? '') ?? []
  const entry = journal.entries.find((entry) => String(entry.when) === when)
  if (!entry) return null
  const file = readFileSync(join(here, `drizzle/${entry.tag}.sql`))
  return createHash('sha256').update(file).digest('hex').startsWith(hash) ? entry.tag : null
}

/**
 * Deploys as if the repository ended with the first `count` migrations: drizzle-kit itself always applies all that it finds,
 * in one transaction.
 */
export async function deploy(count, url) {
  rmSync(stage, { recursive: true, force: true })
  mkdirSync(join(stage, 'drizzle/meta'), { recursive: true })
  for (const tag of migrations.slice(0, count)) cpSync(join(here, `drizzle/${tag}.sql`), join(stage, `drizzle/${tag}.sql`))
  writeFileSync(
    join(stage, 'drizzle/meta/_journal.json'),
    JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }),
  )
  const config = join(stage, 'drizzle.config.json')
  writeFileSync(
    config,
    JSON.stringify({
      dialect: 'postgresql',
      schema: join(here, 'src/database/schema.ts'),
      out: join(stage, 'drizzle'),
      dbCredentials: { url },
    }),
  )
  try {
    await promisify(execFile)(process.execPath, [drizzleKit, 'migrate', `--config=${config}`], { cwd: here })
  } catch ({ stdout, stderr }) {
    throw new Error(`drizzle-kit migrate failed\n${stdout}${stderr}`)
  }
}
