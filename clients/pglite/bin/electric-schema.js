#!/usr/bin/env node
// Exits with 0; 1 when it failed; 2 when it was called wrongly; 128 + the signal's number when it was interrupted.

import { parseArgs } from 'node:util'
import { Interruption } from '../cli/interruption.js'

const HELP = `electric-schema seed: builds a seed database, the schema without rows, for PGlite to begin with.

  electric-schema seed --database URL                        the schema that this server distributes
  electric-schema seed --migrations FOLDER [--database URL]  the schema that these migrations make

  --database URL       the server, which needs the electric_schema extension: postgres://user@host:port/database. Without it,
                       PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE say which
  --migrations FOLDER  a Drizzle folder, a Prisma folder, or a folder of .sql files. They are played into a database that is
                       created on the server for that, and dropped again
  --out FILE           where to put the seed; seed.tar.gz if not given
  --extensions LIST    PGlite extensions, separated by commas: name, or name=module. Those that come with PGlite and that
                       the schema needs are found without
  --any-server         a seed for any server whose ledger has had this schema; one from migrations is so anyway
  -h, --help           this
`

const options = {
  database: { type: 'string' },
  migrations: { type: 'string' },
  out: { type: 'string', default: 'seed.tar.gz' },
  extensions: { type: 'string', default: '' },
  'any-server': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
}

process.exitCode = await main(process.argv.slice(2))

async function main(argv) {
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
  if (positionals.length !== 1 || positionals[0] !== 'seed') {
    return misused(positionals.length === 0 ? 'What to do? The one command is "seed".' : `"${positionals.join(' ')}" is no command.`)
  }
  try {
    // Here, because it needs packages that --help does not.
    const { seed } = await import('../cli/seed.js')
    process.stdout.write(`${await seed({ ...values, anyServer: values['any-server'] })}\n`)
    return 0
  } catch (error) {
    console.error(`electric-schema: ${error.message}`)
    for (const [name, text] of Object.entries({ statement: error.details?.statement, detail: error.detail, hint: error.hint })) {
      if (text) console.error(`  ${name}: ${text}`)
    }
    return error instanceof Interruption ? error.exitCode : 1
  }
}

function misused(message) {
  console.error(`electric-schema: ${message}\nTry electric-schema --help.`)
  return 2
}
