// Whether the ledger says the same however a change is made: in a DO block, in a function, by another role, under other settings.
//   node run.js [--only=TEXT] [--variants=TEXT,…] [--histories=NAME,…] [--lanes=N] [--lines=N]
// --only takes cases with that text in their names; --only=- none of them, --histories=- no history.

import { parseArgs } from 'node:util'
import { readCases } from './lib/cases.js'
import { playHistories } from './lib/histories.js'
import { batches, Company } from './lib/play.js'
import { openStage } from './lib/stage.js'
import { variants } from './lib/variants.js'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    variants: { type: 'string' },
    histories: { type: 'string' },
    lanes: { type: 'string', default: '4' },
    lines: { type: 'string', default: '40' },
  },
})
const started = Date.now()
const cases = readCases().filter(({ name }) => !values.only || name.includes(values.only))
const names = Object.keys(variants).filter((name) => !values.variants || values.variants.split(',').some((text) => name.includes(text)))
const lanes = Number(values.lanes)
const total = { passed: 0, failed: 0, skipped: 0 }

const stage = await openStage()
if (cases.length > 0) await playCases()
const histories = await playHistories(stage, values.histories?.split(','), report)
for (const key of Object.keys(total)) total[key] += histories[key]
await stage.close()
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 ? 1 : 0

async function playCases() {
  const company = await Company.gather(stage, names, lanes)
  for (const batch of batches(cases)) await company.play(batch)
  await company.finish()
  for (const failure of company.failures) report(failure)
  const { passed, leftOut, failures } = company
  console.log(`${cases.length} cases, ${names.length} ways to make each, but for ${leftOut} that cannot be; ${seconds()}`)
  total.passed += passed
  total.failed += failures.length
}

function report({ what, lines }) {
  const limit = Number(values.lines)
  console.log(`FAIL  ${what}`)
  for (const line of lines.slice(0, limit)) console.log(`      ${line}`)
  if (lines.length > limit) console.log(`      … and ${lines.length - limit} lines more`)
}

function seconds() {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`
}
