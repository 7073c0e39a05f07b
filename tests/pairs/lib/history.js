import { readHistory } from '../../../clients/pglite/cli/history.js'
import { random } from '../../oracle/lib/random.js'
import { dml, LOCAL } from '../../oracle/lib/rows.js'

/** Grows a ledger by a real project's migrations, each a transaction, with rows in its tables. */
export async function growByHistory(ledger, { folder, seed, entries }) {
  const r = random(seed)
  const { world } = ledger
  const keys = { server: 1, local: LOCAL }
  const rows = (client, next, count) => ledger.perform({ op: client ? 'local' : 'dml', client, sql: dml(r, world.state, next, count) })
  const { migrations } = readHistory(folder)
  for (const { tag, script } of migrations.slice(0, entries)) {
    if (world.state.tables.length > 0) await rows(undefined, () => keys.server++, 12)
    const written = [...script.matchAll(/\b(?:UPDATE|INTO)\s+"?(\w+)"?/gi)].map(([, name]) => name)
    const dirty = world.state.tables.filter((t) => written.includes(t.name)).map((t) => t.q)
    const before = world.place.seq
    const migration = { kind: tag, kinds: [], dirty, sql: script.split('--> statement-breakpoint') }
    let result = await ledger.entry(migration)
    // Where the project had rows that it takes, or none.
    for (let tries = 0; result.table && tries < 20; tries++) {
      const named = world.state.tables.filter((t) => t.name === result.table)
      // A table of its own: what it is filled from.
      const emptied = named.length > 0 ? named : world.state.tables.filter((t) => script.includes(`"${t.name}"`))
      await ledger.perform({ op: 'dml', sql: emptied.map((t) => `TRUNCATE ${t.q} CASCADE`) })
      result = await ledger.entry(migration)
    }
    if (result.refused && result.refused !== 'no entry') throw new Error(`the server refused ${tag}: ${result.refused}`)
    if (world.place.seq === before) continue
    await ledger.follow(r.seed(), async () => {
      if (r.chance(0.2)) await ledger.perform({ op: 'download', client: 'current', seed: r.seed(), part: true })
      await rows('current', () => keys.local++, 5)
    })
  }
  return { undone: 0 }
}
