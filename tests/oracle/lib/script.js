/** An operation as a line that tells what to do. */
export function script({ op, client, sql, keep, fresh, part, squash, target, seed, back }) {
  if (op === 'compact') return `server: entries are pruned, all but ${back + 1}`
  if (op === 'ddl') return `server: BEGIN; ${sql.join('; ')}; COMMIT;`
  if (op === 'dml') return `server: ${sql.join('; ')};`
  if (op === 'local') return `client ${client}: ${sql.join('; ')};`
  if (op === 'download') return `client ${client} downloads ${part ? 'some' : 'all'} of the server's rows (${seed})`
  return `client ${client} ${fresh ? 'bootstraps' : 'follows'}${squash ? ', squashed' : ''}${target ? `, to ${target}` : ''}${keep ? '' : ', undone'} (${seed})`
}
