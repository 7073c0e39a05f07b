// Plays real migration histories to a server with the extension, and has clients follow.
//   node histories.js [folder...] [--clients=vanilla,recorded,pglite] [--limit=N]
// Without folders: the project's own in histories/, and those in $CORPUS, or in ../shared/corpus beside the repository.

import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { kinds } from './lib/clients.js'
import { majorVersion } from './lib/cluster.js'
import { readHistory } from '../../clients/pglite/cli/history.js'
import { play } from './lib/play.js'

const CORPORA = ['dokploy', 'mail-0-zero', 'langfuse']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { clients: { type: 'string', default: 'vanilla,recorded,pglite' }, limit: { type: 'string' } },
})
const clients = values.clients.split(',')
const unknown = clients.filter((kind) => !kinds[kind])
if (unknown.length > 0) throw new Error(`--clients knows ${Object.keys(kinds).join(' and ')}, not ${unknown.join(', ')}`)

// Whoever runs this wants the sentence, not the stack.
process.on('uncaughtException', (error) => {
  console.error(error.message)
  process.exit(1)
})

const total = { passed: 0, failed: 0, skipped: 0 }
for (const folder of folders(await majorVersion())) {
  if (!existsSync(folder)) {
    console.log(`SKIPPED: there are no migrations at ${folder}\n`)
    total.skipped++
    continue
  }
  const history = readHistory(folder)
  if (values.limit) history.migrations.length = Math.min(history.migrations.length, Number(values.limit))
  const { passed, failed } = await play(history, clients)
  total.passed += passed
  total.failed += failed
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 ? 1 : 0

// from_18: what servers have from that version on.
function folders(version) {
  if (positionals.length > 0) return positionals.map((folder) => resolve(folder))
  const own = foldersIn(fileURLToPath(new URL('histories', import.meta.url)))
  const corpus = process.env.CORPUS ?? fileURLToPath(new URL('../../../shared/corpus', import.meta.url))
  return [...own.filter((folder) => !(Number(/\/from_(\d+)$/.exec(folder)?.[1]) > version)), ...(existsSync(corpus) ? foldersIn(corpus) : CORPORA.map((name) => join(corpus, name)))]
}

function foldersIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
}
