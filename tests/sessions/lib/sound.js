/** What is wrong with the ledger, as it says itself and as the catalogs say. Nothing may be running. */
export async function unsound(db) {
  const problems = []
  const { rows: entries } = await db.query(
    `SELECT seq::int, hash, parent_hash, lag(hash) OVER (ORDER BY seq) AS before FROM _electric_meta.migrations ORDER BY seq`,
  )
  entries.forEach(({ seq, parent_hash, before }, place) => {
    if (seq !== place + 1) problems.push(`entry ${seq} is the ${place + 1}. of the chain`)
    if (place > 0 && parent_hash !== before) problems.push(`entry ${seq} does not follow from the one before`)
  })
  const { rows: [head] } = await db.query('SELECT seq::int, hash FROM electric_schema.head()')
  const last = entries.at(-1)
  if (head.seq !== last?.seq || head.hash !== last?.hash) problems.push(`head is ${head.seq}, the newest entry ${last?.seq}`)
  const { rows: [{ verdict }] } = await db.query('SELECT electric_schema.verify() AS verdict')
  if (!verdict.ok) problems.push(`verify(): ${JSON.stringify(verdict.first_broken)} ${JSON.stringify(verdict.schema).slice(0, 1500)}`)
  const { rows: drift } = await db.query('SELECT kind, identity, difference FROM electric_schema.drift()')
  for (const { kind, identity, difference } of drift) problems.push(`drift(): ${kind} ${identity} ${JSON.stringify(difference).slice(0, 300)}`)
  return problems
}

/** What other sessions kept from being read is read by the next entry: makes one. */
export async function settle(db, table) {
  await db.query(`CREATE TABLE ${table} (id int)`)
}
