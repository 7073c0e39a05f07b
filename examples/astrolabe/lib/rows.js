/**
 * The rows that the demonstration needs, and the least of a row sync: enough to see what a change of schema does to rows
 * that a device already holds.
 */

export const startRows = `
  INSERT INTO users (id, email, name) VALUES
    ('00000000-0000-4000-8000-000000000001', 'ada@example.org', 'Ada');
  INSERT INTO projects (id, owner_id, name) VALUES
    ('00000000-0000-4000-8000-000000000011', '00000000-0000-4000-8000-000000000001', 'Star chart');
  INSERT INTO tasks (id, project_id, title, body, done, estimate) VALUES
    ('00000000-0000-4000-8000-000000000021', '00000000-0000-4000-8000-000000000011', 'Measure Vega', 'twice', true, 1.5),
    ('00000000-0000-4000-8000-000000000022', '00000000-0000-4000-8000-000000000011', 'Draw the ecliptic', NULL, false, 2.25)`

export const projectMadeOffline = `
  INSERT INTO projects (id, owner_id, name) VALUES
    ('00000000-0000-4000-8000-0000000000ff', '00000000-0000-4000-8000-000000000001', 'Made offline')`

/** Parents before children: at a first download the foreign keys are there. */
export const startTables = ['users', 'projects', 'tasks'].map((table) => ({ schema: 'public', table }))

export async function download(server, db, tables) {
  for (const { schema, table } of tables) {
    const name = `${quote(schema)}.${quote(table)}`
    const { rows } = await server.query(`SELECT coalesce(json_agg(t), '[]')::text AS rows FROM ${name} t`)
    await db.query(
      `INSERT INTO ${name} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::${name}, $1) ON CONFLICT DO NOTHING`,
      [rows[0].rows],
    )
  }
}

/** How many of the server's rows are on the device just as they are on the server, how many are not, and how many are its own. */
export async function compareRows(server, db, tables) {
  const count = { equal: 0, different: 0, own: 0 }
  for (const { schema, table } of tables) {
    const sql = `SELECT to_jsonb(t)->>'id' AS id, to_jsonb(t)::text AS row FROM ${quote(schema)}.${quote(table)} t`
    const here = new Map((await db.query(sql)).rows.map(({ id, row }) => [id, row]))
    for (const { id, row } of (await server.query(sql)).rows) {
      count[here.get(id) === row ? 'equal' : 'different']++
      here.delete(id)
    }
    count.own += here.size
  }
  return count
}

function quote(identifier) {
  return `"${identifier.replaceAll('"', '""')}"`
}
