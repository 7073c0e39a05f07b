import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { readHistory } from '../../../clients/pglite/cli/history.js'
import { split } from '../../../clients/pglite/cli/split.js'
import { diffEntries, entriesAfter, headSeq } from './entries.js'

const HISTORIES = ['dokploy', 'langfuse']
const corpus = process.env.CORPUS ?? fileURLToPath(new URL('../../../../shared/corpus', import.meta.url))

const execute = (sql) => `EXECUTE $history$${sql}$history$;`
const code = (sql) => sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, '').trim()
// In PL/pgSQL a SELECT needs somewhere to put its rows, and BEGIN begins a block.
const inside = (sql) => (/^(SELECT|WITH)\b/i.test(code(sql)) ? execute(sql) : `${sql}\n;`)

const wrappings = {
  'in a DO block': (statements) => `DO $wrapping$ BEGIN\n${statements.map(execute).join('\n')}\nEND $wrapping$`,
  'in a function': (statements) => `CREATE FUNCTION public.wrapping() RETURNS void LANGUAGE plpgsql AS $wrapping$ BEGIN
    ${statements.map(inside).join('\n')}\nEND $wrapping$; SELECT public.wrapping(); DROP FUNCTION public.wrapping()`,
}

/** Plays real histories, each file wrapped, and holds their ledgers against that of the plain run. */
export async function playHistories(stage, names, report) {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const name of HISTORIES.filter((name) => !names || names.includes(name))) {
    const folder = join(corpus, name)
    if (!existsSync(folder)) {
      console.log(`SKIPPED: there are no migrations at ${folder}`)
      total.skipped += Object.keys(wrappings).length
      continue
    }
    const started = Date.now()
    const history = readHistory(folder)
    const plays = [undefined, ...Object.keys(wrappings)].map((how, i) => ({ how, database: `equivalence_history_${i}` }))
    for (const play of plays) play.db = await stage.database(play.database)
    const [plain, ...wrapped] = await Promise.all(plays.map((play) => playHistory(history, play)))
    for (const { database } of plays) await stage.drop(database)
    for (const { how, entries, unwrapped, error } of wrapped) {
      const lines = plain.error ? [plain.error] : error ? [error] : firstDifference(plain, entries)
      const what = `${name}, ${history.migrations.length} migrations, each ${how}`
      if (lines.length > 0) {
        total.failed++
        report({ what, lines })
      } else {
        total.passed++
        console.log(`ok    ${what} (${unwrapped} of them left as they are): ${entries.length} entries`)
      }
    }
    console.log(`${name}: ${((Date.now() - started) / 1000).toFixed(1)} s`)
  }
  return total
}

async function playHistory(history, { how, db }) {
  const result = { how, entries: [], tags: new Map(), unwrapped: 0, error: null }
  const start = await headSeq(db)
  try {
    await history.prepare(db)
    for (const migration of history.migrations) {
      const script = how && wrap(migration.script, wrappings[how])
      if (how && !script) result.unwrapped++
      try {
        await history.apply(db, script ? { ...migration, script } : migration)
      } catch (cause) {
        throw new Error(`${migration.tag}: ${cause.message}`, { cause })
      }
      if (!how) result.tags.set(await headSeq(db), migration.tag)
    }
    result.entries = await entriesAfter(db, start)
    if (result.entries.length === 0) result.error = 'no entries'
    const { rows } = await db.query('SELECT electric_schema.verify() AS verdict')
    if (rows[0].verdict.ok !== true) result.error = JSON.stringify(rows[0].verdict)
  } catch (error) {
    result.error = error.message
  }
  await db.end()
  return result
}

/** A migration as one wrapped script; null where its statements cannot run in a function. */
function wrap(script, wrapping) {
  const statements = split(script.replaceAll('--> statement-breakpoint', ';'))
  const alone = statements.map(code).some((sql) => /^(BEGIN|START|COMMIT|END|ROLLBACK|VACUUM)\b|\bCONCURRENTLY\b/i.test(sql))
  return alone || statements.length === 0 ? null : wrapping(statements)
}

/** All that follows from the first difference differs, too. */
function firstDifference({ entries: expected, tags }, found) {
  for (let i = 0; i < Math.max(expected.length, found.length); i++) {
    const lines = diffEntries(expected.slice(i, i + 1), found.slice(i, i + 1))
    if (lines.length > 0) return [`in ${tags.get((expected[i] ?? found[i]).seq) ?? 'a migration of several entries'}:`, ...lines]
  }
  return []
}
