// Whose rows an entry has to do with: the bound of what a plan may have downloaded again.
//
// A change that diverges or validates rows concerns the table that it names. One that names no table concerns those with rows to go by it:
//   a domain, a composite type, an enum, a routine: tables with a column of the type, or whose generated columns, constraints, indexes or
//     partition key call the routine; through other types and routines as well. Not those that call it in a default or in a view: rows that
//     are there have nothing to do with it.
//   a new partition beside a default partition: the default partition.
// Who uses what is asked just before and just after the entry: what used a type years ago does not count. What is partitioned holds its rows in
// its partitions. Children keep theirs when only their parent goes.

/** By the ledger's identities. `before` and `after` are its models, by identity. */
export function concerned(changes, before, after) {
  const tables = new Set()
  for (const change of changes) {
    if (!change.effects.some((effect) => effect === 'diverges' || effect === 'validates_rows')) continue
    for (const id of tablesOf(change, before, after)) tables.add(id)
  }
  for (const id of tables) for (const [partition] of partitions([before, after], id)) tables.add(partition)
  return tables
}

function tablesOf(change, before, after) {
  if (change.table) return [change.table.id]
  switch (change.change) {
    case 'create': {
      const siblings = change.after.parents.flatMap((parent) => partitions([before, after], parent.table))
      return siblings.filter(([id, parent]) => id !== change.id && parent.bound === 'DEFAULT').map(([id]) => id)
    }
    case 'alter_domain':
    case 'alter_composite':
    case 'rename_enum_labels':
    case 'replace_routine':
      return [before, after].flatMap((model) => holders(model, change.id))
    // A materialized view holds what each client's rows give, and a sequence has none.
    case 'redefine_view':
    case 'set_sequence_persistence':
      return []
    default:
      throw new Error(`whose rows does ${change.change} concern?`)
  }
}

function partitions(models, id) {
  const found = models.flatMap((model) => [...model].flatMap(([partition, { parents = [] }]) => parents.map((parent) => [partition, parent])))
  return found.filter(([, parent]) => parent.table === id && parent.bound !== null)
}

function holders(model, id) {
  const through = new Set([id])
  for (const one of through) {
    for (const [other, object] of model) if (object.kind !== 'table' && object.kind !== 'view' && needs(object).has(one)) through.add(other)
  }
  const holds = ({ kind, columns, constraints, indexes, partition_key }) =>
    kind === 'table' && [...needs([columns.map((c) => [c.type, c.value.from === 'generated' && c.value]), constraints, indexes, partition_key])].some((need) => through.has(need))
  return [...model].filter(([, object]) => holds(object)).map(([id]) => id)
}

// The identities that a model mentions as what it needs, wherever it does so.
function needs(value, found = new Set()) {
  if (Array.isArray(value)) value.forEach((one) => needs(one, found))
  else if (value && typeof value === 'object') {
    if (value.object) found.add(value.object)
    value.uses?.forEach((id) => found.add(id))
    Object.values(value).forEach((one) => needs(one, found))
  }
  return found
}

/** What the ledger says of itself at an entry, as far as plans are held against it. */
export function chronicle(changes, before, after) {
  const filled = changes.filter((c) => c.change === 'create' && c.filled).map((c) => c.id)
  const tables = new Map([...after].filter(([, o]) => o.kind === 'table').map(([id, o]) => [id, `${o.name.schema}.${o.name.name}`]))
  return { concerned: concerned(changes, before, after), filled, tables }
}
