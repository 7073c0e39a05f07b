#!/usr/bin/env node
// Exits with 0; with --check 1 when there is something to change; 2 when it was called wrongly or could not read or write.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { electrify } from '../cli/electrify.js'

const HELP = `electrify-migrations: the tables of a folder of migrations, electrified.

  electrify-migrations [--check] [--except TABLE]... [FOLDER]

Puts CALL electric_schema.electrify('table') behind every CREATE TABLE, as a chunk of its own, and in the place of
ALTER TABLE "table" ENABLE ELECTRIC. What is there already is left alone: a second run changes nothing. FOLDER is
Drizzle's, with meta/_journal.json, or holds .sql files that run in the order of their names; ./drizzle if not given.

  --check         change nothing; exit with 1 if there is something to change
  --except TABLE  leave this table alone: name or schema.name, * stands for any characters
  -h, --help      this
`

const options = {
  check: { type: 'boolean', default: false },
  except: { type: 'string', multiple: true, default: [] },
  help: { type: 'boolean', short: 'h', default: false },
}

process.exitCode = main(process.argv.slice(2))

function main(argv) {
  let values, positionals
  try {
    ;({ values, positionals } = parseArgs({ args: argv, options, allowPositionals: true }))
  } catch (error) {
    return misused(error.message)
  }
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  if (positionals.length > 1) return misused('One folder at a time.')
  try {
    return run(positionals[0] ?? 'drizzle', values)
  } catch (error) {
    console.error(`electrify-migrations: ${error.message}`)
    return 2
  }
}

function run(folder, { check, except }) {
  const files = migrations(folder).map((path) => ({ path, text: readFileSync(path, 'utf8') }))
  const changed = electrify(files, { except })
  for (const { path, text, electrified, translated } of changed) {
    if (!check) writeFileSync(path, text)
    for (const name of electrified) console.log(`${path}: ${name} is electrified`)
    for (const name of translated) console.log(`${path}: the old syntax for ${name} is translated`)
  }
  console.log(`${changed.length} of ${files.length} files ${check ? 'would change' : 'changed'}`)
  return check && changed.length > 0 ? 1 : 0
}

/** The files in the order in which they run. */
function migrations(folder) {
  const journal = join(folder, 'meta', '_journal.json')
  if (existsSync(journal)) {
    const { entries } = JSON.parse(readFileSync(journal, 'utf8'))
    return [...entries].sort((a, b) => a.idx - b.idx).map(({ tag }) => join(folder, `${tag}.sql`))
  }
  const entries = readdirSync(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isFile() && /(?<!\.down)\.sql$/.test(entry.name)).map((entry) => entry.name)
  if (names.length === 0) throw new Error(`${folder} holds no migrations: neither meta/_journal.json nor .sql files`)
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).map((name) => join(folder, name))
}

function misused(message) {
  console.error(`electrify-migrations: ${message}\nTry electrify-migrations --help.`)
  return 2
}
