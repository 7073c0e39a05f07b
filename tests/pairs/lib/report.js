/** What was found, and what came by. The same mistake is told once, with all the pairs that show it. */
export class Report {
  constructor({ verbose, shrink, only, entries, history }) {
    const complete = !only && Number(entries) >= 300 && history.includes('random')
    Object.assign(this, { verbose, shrink: Number(shrink), complete, started: Date.now(), counts: {}, kept: 0, again: 0, followed: 0, successes: 0, skipped: 0, found: new Map(), lines: [] })
  }

  skip(why) {
    console.log(`SKIPPED: ${why}`)
    this.skipped++
  }

  grown({ name, ledger, undone, seconds }) {
    const { place, ledger: entries } = ledger.world
    const destructive = [...entries.values()].filter((entry) => entry.class === 'destructive').length
    console.log(`${name}: ${place.seq} entries, ${destructive} of them destructive, ${undone} down migrations, ${Math.round(seconds)} s`)
    this.followed += ledger.followed
  }

  passed({ ledger, from, to, squash, target, action, plan, destructive, kept = 0 }) {
    const kind = action === 'migrate' ? (destructive ? 'migrate by the net' : squash ? 'migrate squashed' : 'migrate as recorded') : action
    const goal = target ? 'to an earlier head' : 'to head'
    const of = (this.counts[goal] ??= {})
    of[kind] = (of[kind] ?? 0) + 1
    this.successes++
    this.kept += kept
    this.again += plan.refetch.length
    if (this.verbose) console.log(`  ${ledger.name}, ${from} to ${to}: ${kind}, ${kept} rows kept, refetch ${plan.refetch.length}`)
  }

  failed(failure) {
    const { ledger, from, to, squash, error } = failure
    const pair = `${ledger.name}, ${from} to ${to}${squash ? ', squashed' : ''}`
    const known = this.found.get(error.signature)
    if (known) known.pairs.push(pair)
    else {
      this.found.set(error.signature, { ...failure, pairs: [pair] })
      console.log(`${pair}: ${error.message.slice(0, 300)}`)
    }
    error.operations = failure.operations
  }

  /** `small(failure)` gives the smallest script that shows it. */
  async print(small) {
    let failed = 0
    for (const failure of this.found.values()) {
      const { error, pairs } = failure
      failed += pairs.length
      console.log(`\nFAIL  ${error.message}\n      ${pairs.join('; ')}`)
      for (const line of error.lines.slice(0, 80)) console.log(`      ${line}`)
      if (error.lines.length > 80) console.log(`      … and ${error.lines.length - 80} more lines`)
      if (this.shrink > 0) {
        console.log('      the smallest script that was found:')
        for (const line of await small(failure)) console.log(`        ${line}`)
      }
    }
    const counts = (of) => Object.entries(of).sort().map(([kind, n]) => `${n} ${kind}`).join(', ')
    console.log('')
    for (const [goal, of] of Object.entries(this.counts)) console.log(`${goal}: ${counts(of)}`)
    console.log(`${this.kept} rows kept, ${this.again} tables downloaded again; ${this.followed} entries followed one by one; ${Math.round((Date.now() - this.started) / 1000)} s`)
    for (const [goal, of] of this.complete ? Object.entries(this.counts) : []) {
      for (const kind of ['migrate by the net', 'reset', 'migrate as recorded'].filter((kind) => !of[kind])) {
        console.log(`FAIL  no plan ${goal} was a ${kind}`)
        failed++
      }
    }
    console.log(`${this.successes + this.followed} passed, ${failed} failed, ${this.skipped} skipped`)
    process.exitCode = failed > 0 ? 1 : 0
  }
}
