#!/usr/bin/env node
// electrify-migrations: puts `CALL electric_schema.electrify(…)` behind every CREATE TABLE of a folder of migrations.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { electrify } from '../src/electrify.js'

const HELP = `usage: electrify-migrations [--check] [--except=TABLE]... [FOLDER]

Puts CALL electric_schema.electrify('table') behind every CREATE TABLE of the migrations in FOLDER (./drizzle unless it is given), as a chunk
of its own, and in the place of ALTER TABLE "table" ENABLE ELECTRIC. What is there already is left alone: a second run changes nothing.
FOLDER is Drizzle's, with meta/_journal.json, or holds .sql files that run in the order of their names.

  --check           change nothing; exit with 1 if there is something to change
  --except=TABLE    leave this table alone: name or schema.name, * stands for any characters
  --help            this text
`

/** Reads the arguments and does it; gives the exit code. */
function main(args) {
  let options
  try {
    options = parseArgs({
      args,
      allowPositionals: true,
      options: { check: { type: 'boolean' }, except: { type: 'string', multiple: true }, help: { type: 'boolean' } },
    })
  } catch (error) {
    return fail(error.message)
  }
  const { values, positionals } = options
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  if (positionals.length > 1) return fail(`one folder at a time, not ${positionals.length}`)
  const folder = positionals[0] ?? 'drizzle'
  let files
  try {
    files = migrations(folder).map((path) => ({ path, text: readFileSync(path, 'utf8') }))
  } catch (error) {
    return fail(`cannot read the migrations in ${folder}: ${error.message}`)
  }
  const changed = electrify(files, { except: values.except })
  for (const { path, text, electrified, translated } of changed) {
    if (!values.check) writeFileSync(path, text)
    const what = [...electrified.map((name) => `electrifies ${name}`), ...translated.map((name) => `translates ENABLE or DISABLE ELECTRIC of ${name}`)]
    console.log(`${path}: ${what.join(', ')}`)
  }
  console.log(`${changed.length} of ${files.length} files ${values.check ? 'would change' : 'changed'}`)
  return values.check && changed.length > 0 ? 1 : 0
}

/** The files in the order in which they run. */
function migrations(folder) {
  const journal = join(folder, 'meta', '_journal.json')
  if (existsSync(journal)) {
    const { entries } = JSON.parse(readFileSync(journal, 'utf8'))
    return [...entries].sort((a, b) => a.idx - b.idx).map(({ tag }) => join(folder, `${tag}.sql`))
  }
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && entry.name.endsWith('.sql'))
  if (names.length === 0) throw new Error('there is no .sql file')
  return names.map((entry) => join(folder, entry.name)).sort()
}

function fail(message) {
  process.stderr.write(`electrify-migrations: ${message}\n\n${HELP}`)
  return 2
}

process.exitCode = main(process.argv.slice(2))
