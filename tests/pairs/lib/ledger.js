import { Violation } from '../../oracle/lib/violation.js'
import { World } from '../../oracle/lib/world.js'

/**
 * A server whose history grows, and a client that follows every entry. As it is at each entry it is kept: its database, and what it knows of
 * its rows; and what the server is at each entry, to hold plans to it against.
 */
export class Ledger {
  /** `wanted(seq)`: whether the client of that entry is wanted later. */
  static async create({ admin, name, wanted, failed }) {
    const world = await World.create(admin, `pairs_${name}`)
    return Object.assign(new Ledger(), { name, world, admin, wanted, failed, operations: [], clients: [], moments: new Map(), followed: 0 })
  }

  async perform(operation) {
    this.operations.push(operation)
    return this.world.run(operation)
  }

  /** A transaction of DDL. What makes no entry did not happen. */
  async entry(change) {
    const result = await this.perform({ op: 'ddl', ...change })
    if (!result.entry) this.operations.pop()
    return result
  }

  /** The client follows; `settle` gives it rows of its own. */
  async follow(seed, settle) {
    const from = this.world.clients.get('current')?.seq ?? null
    try {
      await this.perform({ op: 'check', client: 'current', seed, keep: true, most: 20 })
      this.followed++
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      this.failed({ ledger: this, from, to: this.world.place.seq, error, operations: [...this.operations] })
      // It begins anew, so that the other pairs can be tried.
      this.operations.pop()
      await this.perform({ op: 'check', client: 'current', seed, keep: true, fresh: true })
    }
    await settle()
    this.moments.set(this.world.place.seq, { ...(await this.world.moment()), operations: this.operations.length })
    if (this.wanted(this.world.place.seq)) await this.keep()
  }

  // Nobody may be connected to a database that is copied.
  async keep() {
    const { admin, world } = this
    const current = world.clients.get('current')
    const { name, db, ...known } = current
    await db.end()
    const database = `oracle_${world.name}_${known.seq}`
    await copy(admin, database, `oracle_${world.name}_${name}`)
    current.db = await world.session(`oracle_${world.name}_${name}`)
    this.clients.push({ ...known, database, rows: copyOf(known.rows), operations: this.operations.length })
  }

  /** The script of a pair: the one client, and nothing that came after. */
  script({ from, to, check }) {
    const client = this.clients.find(({ seq }) => seq === from)
    const before = this.operations.slice(0, client.operations)
    const after = this.operations.slice(client.operations, this.moments.get(to).operations).filter((o) => !o.client)
    return [...before, ...after, check]
  }

  async close() {
    await this.world.close()
    await this.admin.end()
  }
}

export async function copy(admin, database, from) {
  await admin.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`)
  await admin.query(`CREATE DATABASE "${database}" TEMPLATE "${from}"`)
}

export const copyOf = (rows) => new Map([...rows].map(([oid, known]) => [oid, new Map(known)]))
