import { ddl } from './ddl.js'
import { random } from './random.js'
import { dml, LOCAL } from './rows.js'
import { Violation } from './violation.js'
import { World } from './world.js'

/** One seed: a server that changes `steps` times, a client that follows every change, two that are away for a while. */
export async function playRound({ admin, name, seed, steps, only, without = [], totals, verbose }) {
  const r = random(seed)
  const world = await World.create(admin, name)
  const operations = []
  const keys = { server: 1, local: LOCAL }
  const perform = async (operation) => {
    operations.push(operation)
    if (verbose) console.log(`  ${seed} ${JSON.stringify(operation)}`)
    const result = await world.run(operation)
    if (operation.op === 'check') {
      totals.checks[result.action] = (totals.checks[result.action] ?? 0) + 1
      totals.statements += result.statements ?? 0
    }
    if (verbose && result.refused) console.log(`  ${seed}   ${result.refused}`)
    return result
  }
  const serverRows = (count) => perform({ op: 'dml', sql: dml(r, world.state, () => keys.server++, count) })
  // Its rows from the server, some lost, and rows of its own that its schema allows.
  const settle = async (client) => {
    if (r.chance(0.5)) await perform({ op: 'download', client, seed: r.seed(), part: r.chance(0.7) })
    // At head, so the server's state tells its schema, and keys that its own rows may refer to.
    await perform({ op: 'local', client, sql: dml(r, world.state, () => keys.local++, r.between(3, 8)) })
  }
  const away = { first: r.between(2, 6), second: r.between(8, steps) }
  try {
    let made = 0
    for (let tries = 0; made < 4 && tries < 25; tries++) {
      const { entry } = await perform({ op: 'ddl', ...ddl(r, world.state, r.pick(['create_table', 'create_table', 'create_enum', 'create_schema', 'create_partitioned', 'create_child', 'create_composite', 'create_range', 'create_view'])) ?? { sql: ['SELECT 1'] } })
      if (entry) made++
    }
    await serverRows(25)
    for (const client of ['current', ...Object.keys(away)]) {
      await perform({ op: 'check', client, seed: r.seed(), keep: true })
      await perform({ op: 'download', client, seed: r.seed(), part: client !== 'current' })
      await settle(client)
    }
    const due = Object.fromEntries(Object.entries(away).map(([client, lag]) => [client, lag]))
    for (let step = 1, tries = 0; step <= steps && tries < steps * 8; tries++) {
      const change = ddl(r, world.state, only && r.chance(0.7) ? r.pick(only) : undefined)
      if (!change || change.kinds.some((kind) => without.includes(kind))) continue
      if (r.chance(0.7)) await serverRows(r.between(2, 6))
      const { entry } = await perform({ op: 'ddl', ...change })
      if (!entry) {
        operations.splice(operations.findLastIndex((o) => o.op === 'ddl'), 1)
        continue
      }
      await perform({ op: 'check', client: 'current', seed: r.seed(), keep: true })
      await settle('current')
      if (r.chance(0.12)) await perform({ op: 'compact', back: r.between(0, 5) })
      for (const client of Object.keys(away)) {
        const keep = step >= due[client]
        if (!keep && !r.chance(0.5)) continue
        const result = await perform({ op: 'check', client, seed: r.seed(), keep, fresh: keep && r.chance(0.15) })
        if (!keep || result.action === 'skipped') continue
        due[client] = step + away[client]
        await settle(client)
      }
      for (const tag of entry.tags) totals.kinds[tag] = (totals.kinds[tag] ?? 0) + 1
      totals.generated[change.kind] = (totals.generated[change.kind] ?? 0) + 1
      totals.checked++
      step++
    }
    await world.verify()
  } catch (error) {
    if (error instanceof Violation) error.operations = operations
    else error.message += `\nafter ${JSON.stringify(operations.at(-1))}`
    throw error
  } finally {
    await world.close()
  }
}
