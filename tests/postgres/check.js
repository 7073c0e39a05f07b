// Holds the run with the extension against the one without, then asks the extension and its clients whether they agree with the server.
//   node check.js RESULTS TEST...

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from '../e2e/lib/cluster.js'
import * as clients from './clients.js'
import { listed, unexplained, unlike } from './differences.js'

const [results, ...tests] = process.argv.slice(2)
// A few tests cannot show all that is explained.
const whole = tests.length > 100
const total = { passed: 0, failed: 0 }

// Two runs that fail alike prove nothing. Some tests may: another locale, tests that are not of the server's very version.
const verdicts = [...readFileSync(join(results, 'bare.log'), 'utf8').matchAll(/^(?:test| +) (\S+) +\.{3} (ok|FAILED)/gm)]
const astray = verdicts.filter(([, , verdict]) => verdict === 'FAILED').map(([, test]) => test)
if (astray.length > 0) console.log(`not as Postgres expects it, even without the extension: ${astray.join(', ')}`)
const sound = verdicts.length === tests.length && (!whole || astray.length < tests.length / 10)
judge('the run without the extension', sound ? [] : [`${verdicts.length} of ${tests.length} tests ran, ${astray.length} failed`])

for (const test of tests) judge(test, unlike(join(results, 'bare', `${test}.out`), join(results, 'extended', `${test}.out`)))

for (const run of ['bare', 'extended']) {
  const log = readFileSync(join(results, `${run}.server.log`), 'utf8').split('\n')
  judge(`the server's log, ${run}`, log.filter((line) => /PANIC|TRAP:|was terminated by signal|electric_schema.*bug/.test(line)))
}

const server = await connect('regression')
const [{ verified }] = (await server.query('SELECT electric_schema.verify() AS verified')).rows
judge('verify()', verified.ok ? [] : [JSON.stringify(verified)])
const drift = await server.query('SELECT kind, identity, difference FROM electric_schema.drift()')
judge('drift()', drift.rows.map((row) => JSON.stringify(row)))

const { expected, left } = await clients.distributed(server)
console.log(`${verified.entries} entries; ${expected.length} lines of catalogs to be distributed, ${left} not`)
judge('a new client', await clients.newcomer(server, expected))
judge('a client from genesis', await clients.fromGenesis(server, expected))
judge('every statement again', await clients.replay(server, expected))
await server.end()

console.log(`${total.passed} passed, ${total.failed} failed, 0 skipped`)
process.exitCode = total.failed > 0 ? 1 : 0

function judge(what, lines) {
  const explained = listed(what)
  const { more, less } = unexplained(lines, explained)
  if (!whole && !tests.includes(what)) less.length = 0
  if (more.length + less.length === 0) {
    total.passed++
    if (lines.length > 0) console.log(`ok    ${what}, but for ${lines.length} lines that are explained`)
    return
  }
  total.failed++
  console.log(`FAIL  ${what}`)
  for (const line of more.slice(0, 100)) console.log(`      ${line}`)
  if (more.length > 100) console.log(`      … and ${more.length - 100} more lines`)
  for (const line of less) console.log(`      explained, but not so any more: ${line}`)
}
