import { readFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import * as library from '@electric-schema/pglite'
import { describePGlite, describeServer } from './catalog.js'
import { drop, recreate } from './cluster.js'
import { openPGlite } from './seed.js'
import * as vanilla from './vanilla.js'

// The package exports no version, and its exports hide its package.json from import.
const { version } = JSON.parse(
  readFileSync(new URL('../node_modules/@electric-sql/pglite/package.json', import.meta.url), 'utf8'),
)

/** An empty PGlite, in memory unless there is a folder for it. */
export const newPGlite = (folder) => openPGlite(PGlite, version, folder)

/** What a history is played to. Each opens a database, brings it to the server's head, and says what is in it. */
export const kinds = {
  async vanilla(database) {
    const db = await recreate(database)
    return {
      sync: (fetchPlan) => vanilla.sync(db, fetchPlan),
      position: () => vanilla.position(db),
      check: (fetchSnapshot) => library.check(vanilla.asPGlite(db), { fetchSnapshot }),
      bootstrap: (fetchPlan) => vanilla.sync(db, () => fetchPlan(null)),
      run: async (sql) => [await db.query(sql)].flat(),
      loosely: false,
      describe: () => describeServer(db),
      async close() {
        await db.end()
        await drop(database)
      },
    }
  },

  // Runs the entries as they were recorded, the destructive ones, too: that it holds no rows is all that spares it a reset.
  async recorded(database) {
    const client = await kinds.vanilla(database)
    return { ...client, sync: (fetchPlan, fetchEntries) => client.sync((at) => (at.hash ? fetchEntries(at) : fetchPlan(at))) }
  },

  async pglite() {
    const db = await newPGlite()
    return {
      sync: (fetchPlan) => library.sync(db, { fetchPlan, refetch: async () => {} }),
      position: () => library.position(db),
      check: (fetchSnapshot) => library.check(db, { fetchSnapshot }),
      bootstrap: (fetchPlan) => library.sync(db, { fetchPlan, refetch: async () => {}, bootstrap: true }),
      run: (sql) => db.exec(sql),
      loosely: true,
      describe: () => describePGlite(db),
      close: () => db.close(),
    }
  },
}
