// Dumps databases and restores them in every way that people do: the ledger has to come along, whole, and go on.
//   node run.js [--schema=NAME,…] [--way=TEXT]

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connect, drop, recreate } from '../e2e/lib/cluster.js'
import { half } from './lib/half.js'
import { isSame, ledgerOf } from './lib/same.js'
import { histories, schemas } from './lib/schemas.js'
import { ways } from './lib/ways.js'

const { values } = parseArgs({ options: { schema: { type: 'string' }, way: { type: 'string' } } })
const folder = mkdtempSync(join(tmpdir(), 'electric_schema.'))
const counts = { passed: 0, failed: 0 }

export async function check(what, test) {
  try {
    await test()
    counts.passed++
    console.log(`  ok    ${what}`)
  } catch (error) {
    counts.failed++
    console.log(`  FAIL  ${what}\n${String(error.stderr || error.stack || error).split('\n').slice(0, 40).map((line) => `          ${line}`).join('\n')}`)
  }
}

const sources = Object.entries({ ...schemas, ...histories(process.env.CORPUS) }).filter(([name]) => !values.schema || values.schema.split(',').includes(name))
const chosen = Object.entries(ways).filter(([name]) => !values.way || name.includes(values.way))
try {
  for (const [name, make] of sources) {
    const source = await recreate('dumped')
    const before = await make(source).then(() => ledgerOf(source)).finally(() => source.end())
    // Large ones in a few ways only.
    const few = name in schemas || values.schema ? chosen : chosen.filter(([way]) => ['plain, psql', 'pg_restore -j 4', 'schema-only, then data-only'].includes(way))
    for (const [way, restore] of few) {
      await check(`${name}: ${way}`, async () => {
        const target = await recreate('restored')
        await target.end()
        const files = mkdtempSync(join(folder, 'dump.'))
        await restore('dumped', 'restored', files)
        rmSync(files, { recursive: true })
        const db = await connect('restored')
        try {
          await isSame(db, before)
        } finally {
          await db.end()
        }
      })
    }
    if (!values.way) {
      await check(`${name}: CREATE DATABASE … TEMPLATE`, async () => {
        await drop('restored')
        const admin = await connect('postgres')
        await admin.query('CREATE DATABASE restored TEMPLATE dumped')
        await admin.end()
        const db = await connect('restored')
        await isSame(db, before).finally(() => db.end())
      })
    }
  }
  if (!values.schema && !values.way) await half({ check, folder })
} finally {
  await drop('dumped')
  await drop('restored')
  rmSync(folder, { recursive: true })
}
console.log(`${counts.passed} passed, ${counts.failed} failed, 0 skipped`)
process.exitCode = counts.failed > 0 ? 1 : 0
