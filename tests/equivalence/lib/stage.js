import { connect } from '../../e2e/lib/cluster.js'

const TEMPLATE = 'equivalence_template'
/** How many cases have room beside each other, in schemas of their own. */
export const PLACES = 10
const ROLES = ['equivalence_owner', 'equivalence_guest']

/** What databases cannot bring along: roles and a tablespace of the cluster, and a database to copy. */
export async function openStage() {
  const admin = await connect('postgres')
  await clear(admin)
  for (const role of ROLES) await admin.query(`CREATE ROLE ${role}`)
  await admin.query('SET allow_in_place_tablespaces = on')
  await admin.query("CREATE TABLESPACE equivalence LOCATION ''")
  await admin.query(`CREATE DATABASE ${TEMPLATE} TEMPLATE template0`)
  const db = await connect(TEMPLATE)
  await db.query('CREATE EXTENSION electric_schema')
  for (let n = 0; n < PLACES; n++) await db.query(`CREATE SCHEMA app_${n} AUTHORIZATION equivalence_owner`)
  await db.query('CREATE SCHEMA "Odd ""path"""')
  await db.query('CREATE ACCESS METHOD equivalence_heap TYPE TABLE HANDLER heap_tableam_handler')
  await db.end()

  return {
    /** A new database, a copy of the template or of another, and a session in it. */
    async database(name, template = TEMPLATE) {
      await admin.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
      await admin.query(`CREATE DATABASE "${name}" TEMPLATE "${template}"`)
      await admin.query(`GRANT CREATE ON DATABASE "${name}" TO equivalence_owner`)
      return connect(name)
    },
    reconnect: connect,
    async drop(name) {
      await admin.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
    },
    async close() {
      await clear(admin)
      await admin.end()
    },
  }
}

async function clear(admin) {
  await admin.query(`DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`)
  await admin.query('DROP TABLESPACE IF EXISTS equivalence')
  for (const role of ROLES) await admin.query(`DROP ROLE IF EXISTS ${role}`)
}

/** Does `work` for each item, a few at a time. */
export async function inLanes(items, lanes, work) {
  const rest = [...items]
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (rest.length > 0) await work(rest.shift())
    }),
  )
}
